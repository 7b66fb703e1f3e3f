import { matchesNode } from '#lib/api/scheduling/matches-node.ts';
import { untolerated } from '#lib/api/scheduling/tolerations.ts';
import type { DaemonSet, DaemonSetStatus } from '#lib/api/types/apps.v1.ts';
import type { Node, Pod, Toleration } from '#lib/api/types/core.v1.ts';
import { revisionLabel } from '../shared/history.ts';
import { scaledValue } from '../shared/int-or-percent.ts';
import { availableInMs, isReady } from '../shared/pods.ts';

export interface DaemonSetFacts {
  readonly set: DaemonSet;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  /** Label value of the present template's revision. */
  readonly hash: string;
  readonly collisionCount: number | undefined;
  /** Milliseconds until a failed pod may be replaced on that node. */
  retryInMs?(node: string): number;
  readonly nowMs: number;
}

export interface DaemonSetPlan {
  /** Names of nodes. */
  readonly create: readonly string[];
  readonly delete: readonly Pod[];
  /** Of those deleted, the ones that had ended by themselves: an Event tells. */
  readonly ended: readonly Pod[];
  readonly status: DaemonSetStatus;
  readonly againMs: number | undefined;
}

/** Rule: DaemonSet documentation; kubernetes pkg/controller/daemon. */
export function planDaemonSet(facts: DaemonSetFacts): DaemonSetPlan {
  const { set, nodes, pods } = facts;
  const byNode = Map.groupBy(pods, nodeOf);
  const create: string[] = [];
  const remove = new Set<Pod>();
  const endedOnes: Pod[] = [];
  const wanted: string[] = [];
  const retries: number[] = [];
  for (const node of nodes) {
    const { name } = node.metadata;
    const { shouldRun, mayStay } = judge(set, node);
    if (shouldRun) wanted.push(name);
    const here = byNode.get(name) ?? [];
    const live = here.filter((pod) => pod.metadata.deletionTimestamp === undefined);
    const ended = live.filter(({ status }) => status.phase === 'Failed' || status.phase === 'Succeeded');
    const good = live.filter((pod) => !ended.includes(pod));
    if (!mayStay) for (const pod of live) remove.add(pod);
    else {
      for (const pod of ended) {
        const retryMs = pod.status.phase === 'Failed' ? (facts.retryInMs?.(name) ?? 0) : 0;
        if (retryMs > 0) {
          retries.push(retryMs); // the node may refuse the next one just so
          continue;
        }
        remove.add(pod);
        endedOnes.push(pod);
      }
      for (const pod of surplus(good, facts)) remove.add(pod);
    }
    if (shouldRun && here.length === 0) create.push(name);
  }
  const names = new Set(nodes.map(({ metadata }) => metadata.name));
  for (const [name, gone] of byNode) if (name !== '' && !names.has(name)) for (const pod of gone) remove.add(pod);
  const { status, waits } = statusOf(facts, wanted, byNode);
  const times = [...retries, ...waits];
  const againMs = times.length === 0 ? undefined : Math.min(...times);
  const isSettled = create.length === 0 && remove.size === 0;
  if (isSettled && set.spec.updateStrategy?.type !== 'OnDelete') {
    const update = rollingUpdate(facts, wanted, byNode);
    create.push(...update.create);
    for (const pod of update.delete) remove.add(pod);
  }
  return { create, delete: [...remove], ended: endedOnes, status, againMs };
}

/** The node that a pod runs on, or is meant for. */
export function nodeOf({ spec }: Pod): string {
  if (spec.nodeName) return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields } of terms) {
    const name = matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In')?.values?.[0];
    if (name !== undefined) return name;
  }
  return '';
}

/** Taints that no daemon pod minds. */
export const daemonTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];
const hostNetworkToleration: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

export function tolerationsFor({ spec }: DaemonSet): readonly Toleration[] {
  const { tolerations = [], hostNetwork } = spec.template.spec;
  return [...tolerations, ...daemonTolerations, ...(hostNetwork ? [hostNetworkToleration] : [])];
}

function judge(set: DaemonSet, node: Node): { readonly shouldRun: boolean; readonly mayStay: boolean } {
  const { template } = set.spec;
  const pod = { metadata: template.metadata, spec: template.spec, status: {} } as unknown as Pod;
  const isNamed = !template.spec.nodeName || template.spec.nodeName === node.metadata.name;
  if (!isNamed || !matchesNode(pod, node)) return { shouldRun: false, mayStay: false };
  const tolerations = tolerationsFor(set);
  const keepsOut = untolerated(node.spec.taints, tolerations, ['NoSchedule', 'NoExecute']) !== undefined;
  const drivesOut = untolerated(node.spec.taints, tolerations, ['NoExecute']) !== undefined;
  return { shouldRun: !keepsOut, mayStay: !drivesOut };
}

/** The oldest stays; with surge the oldest of each template, until the new one is available or the old one serves nobody. */
function surplus(good: readonly Pod[], { set, hash, nowMs }: DaemonSetFacts): readonly Pod[] {
  if (good.length < 2) return [];
  const sorted = byAge(good);
  if (surgeOf(set, 1) === 0) return sorted.slice(1);
  const isNew = (pod: Pod) => pod.metadata.labels?.[revisionLabel] === hash;
  const [fresh, old] = [sorted.find(isNew), sorted.find((pod) => !isNew(pod))];
  const others = sorted.filter((pod) => pod !== fresh && pod !== old);
  if (fresh === undefined || old === undefined) return others;
  const isReplaced = !isReady(old) || availableInMs(fresh, set.spec.minReadySeconds ?? 0, nowMs) === 0;
  return isReplaced ? [...others, old] : others;
}

/** Those on their node first, then the older. */
function byAge(pods: readonly Pod[]): readonly Pod[] {
  const text = ({ metadata, spec }: Pod) => `${spec.nodeName ? 0 : 1} ${metadata.creationTimestamp} ${metadata.name}`;
  return pods.toSorted((a, b) => (text(a) < text(b) ? -1 : 1));
}

function surgeOf({ spec }: DaemonSet, wanted: number): number {
  return scaledValue(spec.updateStrategy?.rollingUpdate?.maxSurge, wanted, 'up');
}

/** Old pods go while no more than maxUnavailable nodes are without a sound one; with surge the new one comes first. */
function rollingUpdate(facts: DaemonSetFacts, wanted: readonly string[], byNode: ReadonlyMap<string, readonly Pod[]>) {
  const { set, hash, nowMs } = facts;
  const surge = surgeOf(set, wanted.length);
  const most = scaledValue(
    set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? (surge > 0 ? 0 : 1),
    wanted.length,
    'up',
  );
  const isSound = (pod: Pod) =>
    availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs) === 0 && pod.metadata.deletionTimestamp === undefined;
  const here = (name: string) => byNode.get(name) ?? [];
  const isOld = (pod: Pod) =>
    pod.metadata.labels?.[revisionLabel] !== hash && pod.metadata.deletionTimestamp === undefined;
  let unavailable = wanted.filter((name) => !here(name).some(isSound)).length;
  let surging = surge > 0 ? wanted.filter((name) => here(name).length > 1).length : 0;
  const create: string[] = [];
  const remove: Pod[] = [];
  for (const name of wanted) {
    const old = here(name).find(isOld);
    if (old === undefined || here(name).length > 1) continue;
    if (surge > 0) {
      if (isSound(old)) {
        if (surging >= surge) continue;
        surging++;
      }
      create.push(name); // beside one that serves nobody it is no surge
    } else if (!isSound(old))
      remove.push(old); // it serves nobody: no loss
    else if (unavailable < most) {
      unavailable++;
      remove.push(old);
    }
  }
  return { create, delete: remove };
}

function statusOf(facts: DaemonSetFacts, wanted: readonly string[], byNode: ReadonlyMap<string, readonly Pod[]>) {
  const { set, hash, nowMs } = facts;
  const isWanted = new Set(wanted);
  const running = wanted.flatMap((name) => byAge(byNode.get(name) ?? [])[0] ?? []);
  const waitOf = (pod: Pod) => availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs);
  const available = running.filter((pod) => waitOf(pod) === 0).length;
  const status: DaemonSetStatus = {
    currentNumberScheduled: running.length,
    numberMisscheduled: [...byNode].filter(([name, pods]) => name !== '' && !isWanted.has(name) && pods.length > 0)
      .length,
    desiredNumberScheduled: wanted.length,
    numberReady: running.filter(isReady).length,
    observedGeneration: set.metadata.generation,
    updatedNumberScheduled: running.filter((pod) => pod.metadata.labels?.[revisionLabel] === hash).length,
    numberAvailable: available,
    numberUnavailable: wanted.length - available,
    ...(facts.collisionCount === undefined ? {} : { collisionCount: facts.collisionCount }),
    ...(set.status.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
  // Of all pods: the one that surge added is not the oldest, and its time lets the other go.
  const waits = facts.pods.map(waitOf).filter((ms): ms is number => ms !== undefined && ms > 0);
  return { status, waits };
}
