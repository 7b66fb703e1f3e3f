import { keyOf } from '#lib/api/resource.ts';
import { leases, nodes, pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createInformer } from '#lib/client/informer.ts';
import { type Clock, createClock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { createSilentLog, type Log } from '#lib/log.ts';

export interface HollowNodeOptions {
  readonly client: Client;
  readonly name: string;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly cpu?: string;
  readonly memory?: string;
  /** How each pod fares: `Running` and ready unless told. */
  fate?(pod: Pod): 'Running' | 'Succeeded' | 'Failed';
}

/** An agent that runs nothing: it registers a node, calls its pods running or ended, and lets those go that are deleted. */
export async function runHollowNode(options: HollowNodeOptions, signal: AbortSignal): Promise<void> {
  const { client, name, clock = createClock(), log = createSilentLog(), fate = () => 'Running' } = options;
  let addresses = 0;
  const time = () => new Date(clock.now()).toISOString();
  await register(options, time(), signal);
  void renew();
  const range = await podRange();
  const own = createInformer({ client, resource: pods, fieldSelector: `spec.nodeName=${name}`, clock, log });
  own.onChange((pod) => {
    if (pod === undefined) return;
    tend(pod).catch((error) => {
      if (!signal.aborted && !hasReason(error, 'NotFound', 'Conflict'))
        log.warn('Hollow node failed', { pod: keyOf(pod), err: error });
    });
  });
  await own.run(signal);

  async function tend(pod: Pod): Promise<void> {
    const at = { namespace: pod.metadata.namespace, name: pod.metadata.name };
    if (pod.metadata.deletionTimestamp !== undefined) {
      await client.delete(pods, at, signal, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
    } else if (pod.status?.startTime === undefined) {
      const body = { metadata: { uid: pod.metadata.uid }, status: statusOf(pod) };
      await client.patch(pods, at, { type: 'strategic', body }, signal, { subresource: 'status' });
    }
  }

  function statusOf(pod: Pod): object {
    const phase = fate(pod);
    const isUp = phase === 'Running';
    const podIP = range.replace(/\d+\/\d+$/, String((addresses++ % 250) + 2));
    const state = isUp
      ? { running: { startedAt: time() } }
      : {
          terminated: {
            exitCode: phase === 'Failed' ? 1 : 0,
            reason: 'Completed',
            finishedAt: time(),
            startedAt: time(),
          },
        };
    return {
      phase,
      startTime: time(),
      hostIP: '192.0.2.1',
      podIP,
      podIPs: [{ ip: podIP }],
      conditions: ['Initialized', 'Ready', 'ContainersReady'].map((type) => ({
        type,
        status: isUp || type === 'Initialized' ? 'True' : 'False',
        lastTransitionTime: time(),
      })),
      containerStatuses: pod.spec.containers.map((container) => ({
        name: container.name,
        image: container.image ?? '',
        imageID: '',
        restartCount: 0,
        ready: isUp,
        state,
      })),
    };
  }

  /** Such as 10.244.1.0/24. */
  async function podRange(): Promise<string> {
    for (;;) {
      const { spec } = await client.get(nodes, { name }, signal);
      if (spec?.podCIDR !== undefined) return spec.podCIDR;
      await clock.sleep(20, signal);
    }
  }

  async function renew(): Promise<void> {
    const at = { namespace: 'kube-node-lease', name };
    while (!signal.aborted) {
      await clock.sleep(renewMs, signal).catch(() => {});
      const body = { spec: { renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z') } };
      await client.patch(leases, at, { type: 'merge', body }, signal).catch(() => {}); // the next one will do
    }
  }
}
const renewMs = 10_000;

async function register(
  { client, name, cpu = '4', memory = '8Gi' }: HollowNodeOptions,
  time: string,
  signal: AbortSignal,
): Promise<void> {
  const size = { cpu, memory, pods: '110', 'ephemeral-storage': '100Gi' };
  const say = (type: string, status: string) => ({
    type,
    status,
    reason: 'Hollow',
    message: '',
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  });
  const status = {
    capacity: size,
    allocatable: size,
    conditions: [
      say('Ready', 'True'),
      say('MemoryPressure', 'False'),
      say('DiskPressure', 'False'),
      say('PIDPressure', 'False'),
    ],
  };
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
  const node = await client.create(nodes, { metadata: { name, labels }, spec: {} }, signal);
  await client.patch(nodes, { name }, { type: 'strategic', body: { status } }, signal, { subresource: 'status' });
  const lease = { metadata: { name, namespace: 'kube-node-lease' }, spec: { holderIdentity: node.metadata.name } };
  await client.create(leases, lease, signal).catch((error) => {
    if (!hasReason(error, 'AlreadyExists', 'NotFound')) throw error;
  });
}
