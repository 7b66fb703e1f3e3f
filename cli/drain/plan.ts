// What becomes of each pod of a node that is drained. Pure. Rule: kubectl drain.
import type { DaemonSet } from '#lib/api/types/apps.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';

export interface DrainRules {
  /** Pods that nobody makes anew go, too. */
  readonly force: boolean;
  /** What pods keep in emptyDir volumes may be lost. */
  readonly deleteEmptyDirData: boolean;
}

export interface DrainPlan {
  readonly evict: readonly Pod[];
  /** `namespace/name: why`. */
  readonly left: readonly string[];
  /** Why the node cannot be drained by these rules; empty if it can. */
  readonly refused: readonly string[];
}

/** @param daemonSets by namespace/name: pods of one that is gone are like any others */
export function planDrain(
  pods: readonly Pod[],
  daemonSets: Pick<ReadonlyMap<string, DaemonSet>, 'has'>,
  rules: DrainRules,
): DrainPlan {
  const verdicts = pods.map((pod) => ({ pod, ...verdictOf(pod, daemonSets, rules) }));
  const named = (what: 'left' | 'refused') =>
    verdicts.filter(({ verdict }) => verdict === what).map(({ pod, why }) => `${nameOf(pod)}: ${why}`);
  return {
    evict: verdicts.filter(({ verdict }) => verdict === 'evict').map(({ pod }) => pod),
    left: named('left'),
    refused: named('refused'),
  };
}

interface Verdict {
  readonly verdict: 'evict' | 'left' | 'refused';
  readonly why?: string;
}

function verdictOf(pod: Pod, daemonSets: Pick<ReadonlyMap<string, DaemonSet>, 'has'>, rules: DrainRules): Verdict {
  const { metadata, spec, status } = pod;
  if (metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return left('its own node runs it');
  const isOver = status.phase === 'Succeeded' || status.phase === 'Failed';
  if (isOver) return evict;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (owner?.kind === 'DaemonSet') {
    if (daemonSets.has(`${metadata.namespace}/${owner.name}`)) return left(`it belongs on every node (${owner.name})`);
    return rules.force ? evict : refused('its DaemonSet is gone: --force evicts it');
  }
  if (owner === undefined && !rules.force) return refused('nothing would make it anew: --force evicts it');
  const keepsData = spec.volumes?.some(({ emptyDir }) => emptyDir !== undefined) ?? false;
  if (keepsData && !rules.deleteEmptyDirData) {
    return refused('it has data in an emptyDir: --delete-emptydir-data evicts it');
  }
  return evict;
}

const evict: Verdict = { verdict: 'evict' };

function left(why: string): Verdict {
  return { verdict: 'left', why };
}

function refused(why: string): Verdict {
  return { verdict: 'refused', why };
}

export function nameOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
