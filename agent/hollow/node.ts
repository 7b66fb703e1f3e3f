import type { Draft } from '#lib/api/resource.ts';
import type { Node, NodeStatus } from '#lib/api/types/core.v1.ts';

export interface HollowSize {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
}

export const standardSize: HollowSize = { cpu: '32', memory: '128Gi', pods: 110 };

/** The node that the hollow agent number `index` registers: zones take turns. */
export function hollowNode(name: string, index: number, options: HollowNodeOptions): Draft<Node> {
  const { zones, nowMs, version } = options;
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'node.kubernetes.io/instance-type': 'hollow',
    'topology.kubernetes.io/region': 'hollow',
    'topology.kubernetes.io/zone': `zone-${(index % zones) + 1}`,
  };
  const status = hollowNodeStatus(options, nowMs);
  const info = {
    machineID: name,
    systemUUID: name,
    bootID: name,
    kernelVersion: '0.0',
    osImage: 'none',
    containerRuntimeVersion: 'hollow://0',
    kubeletVersion: version,
    kubeProxyVersion: '',
    operatingSystem: 'linux',
    architecture: 'amd64',
  };
  const addresses = [{ type: 'Hostname' as const, address: name }];
  return { metadata: { name, labels }, spec: {}, status: { ...status, nodeInfo: info, addresses } };
}

export interface HollowNodeOptions {
  readonly size: HollowSize;
  readonly zones: number;
  readonly version: string;
  readonly nowMs: number;
}

/** What a hollow node says of itself from time to time. */
export function hollowNodeStatus({ size }: Pick<HollowNodeOptions, 'size'>, nowMs: number): NodeStatus {
  const time = new Date(nowMs).toISOString().replace(/\.\d+/, '');
  const amounts = { cpu: size.cpu, memory: size.memory, pods: String(size.pods), 'ephemeral-storage': '100Gi' };
  const say = (type: string, status: 'True' | 'False', reason: string) => {
    return { type, status, reason, message: '', lastHeartbeatTime: time, lastTransitionTime: time };
  };
  return {
    capacity: amounts,
    allocatable: amounts,
    conditions: [
      say('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
      say('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
      say('PIDPressure', 'False', 'KubeletHasSufficientPID'),
      say('Ready', 'True', 'KubeletReady'),
    ],
  };
}
