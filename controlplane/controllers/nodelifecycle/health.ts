// What a node's silence means. Rule: Nodes, "Node heartbeats"; kubernetes pkg/controller/nodelifecycle.
import { timestamp } from '#lib/api/timestamp.ts';
import type { Node, NodeCondition, Taint } from '#lib/api/types/core.v1.ts';
import { conditionOf, withCondition } from '../shared/conditions.ts';

/** Conditions that the node's agent reports, and that are unknown when it is silent. */
const reported = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;

/** `node`'s conditions after it has been silent for too long. */
export function silenced({ metadata, status }: Node, nowMs: number): readonly NodeCondition[] {
  const time = timestamp(nowMs);
  let conditions = status?.conditions ?? [];
  for (const type of reported) {
    const before = conditionOf(conditions, type);
    if (before?.status === 'Unknown') continue;
    const condition: NodeCondition =
      before === undefined
        ? {
            type,
            status: 'Unknown',
            reason: 'NodeStatusNeverUpdated',
            message: 'Kubelet never posted node status.',
            ...(metadata.creationTimestamp ? { lastHeartbeatTime: metadata.creationTimestamp } : {}),
            lastTransitionTime: time,
          }
        : {
            ...before,
            status: 'Unknown',
            reason: 'NodeStatusUnknown',
            message: 'Kubelet stopped posting node status.',
            lastTransitionTime: time,
          };
    conditions = withCondition(conditions, condition);
  }
  return conditions;
}

export function readiness({ status }: Node): 'True' | 'False' | 'Unknown' {
  const found = conditionOf(status?.conditions, 'Ready')?.status;
  return found === 'True' || found === 'False' ? found : 'Unknown';
}

/**
 * `node`'s taints as its conditions want them. `mayEvict`: false where so much is down that it is rather the control
 * plane that lost its network: then no pod is driven away.
 * Rule: Taints and Tolerations, "Taint based Evictions" and "Taint Nodes by Condition".
 */
export function taintsFor(node: Node, mayEvict: boolean, nowMs: number): readonly Taint[] {
  const wanted = wantedTaints(node, mayEvict);
  const before = node.spec?.taints ?? [];
  const others = before.filter((taint) => !isOurs(taint));
  const time = timestamp(nowMs);
  const ours = wanted.map((taint) => before.find((old) => isSameTaint(old, taint)) ?? { ...taint, timeAdded: time });
  return [...others, ...ours];
}

function wantedTaints({ spec, status }: Node, mayEvict: boolean): readonly Taint[] {
  const taints: Taint[] = [];
  for (const [type, byStatus] of Object.entries(taintOfCondition)) {
    const key = byStatus[conditionOf(status?.conditions, type)?.status ?? ''];
    if (key === undefined) continue;
    taints.push({ key, effect: 'NoSchedule' });
    if (type === 'Ready' && mayEvict) taints.push({ key, effect: 'NoExecute' });
  }
  if (spec?.unschedulable) taints.push({ key: unschedulable, effect: 'NoSchedule' });
  return taints;
}

const unschedulable = 'node.kubernetes.io/unschedulable';
const taintOfCondition: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: 'node.kubernetes.io/not-ready', Unknown: 'node.kubernetes.io/unreachable' },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
};
const keys = new Set([
  unschedulable,
  ...Object.values(taintOfCondition).flatMap((byStatus) => Object.values(byStatus)),
]);
const evicting: ReadonlySet<string> = new Set(Object.values(taintOfCondition['Ready']!));

function isOurs({ key, effect }: Taint): boolean {
  return keys.has(key) && (effect === 'NoSchedule' || (effect === 'NoExecute' && evicting.has(key)));
}

function isSameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}

/** Whether the node's own silence drives pods away already. */
export function isDriving({ spec }: Node): boolean {
  return (spec?.taints ?? []).some(({ key, effect }) => effect === 'NoExecute' && evicting.has(key));
}
