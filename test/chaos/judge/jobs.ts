// No index of a Job runs twice. Rule: Job documentation, "Delayed creation of replacement pods".
import type { Job } from '#lib/api/types/batch.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { hasEnded, isLeaving, ownerOf } from './facts.ts';
import type { Broken, Rule } from './history.ts';

/**
 * At any time at most one pod of an index has not ended, and none comes for one that succeeded.
 *
 * A terminating pod has not ended. With `podReplacementPolicy: TerminatingOrFailed`, and only then, upstream makes another
 * one beside it; so may there be two that succeed.
 */
export function oneRunPerIndex(): Rule {
  const waits = new Map<string, boolean>(); // Job uid > whether it waits until a pod has ended
  const succeeded = new Map<string, { readonly pod: Pod; readonly mayRepeat: boolean }>();
  const left = new Set<string>(); // pods that were terminating before they ended
  return ({ changes }, { pods }) => {
    const touched = new Map<string, Pod>();
    const broken: Broken[] = [];
    for (const { kind, before, now } of changes) {
      if (kind === 'jobs' && now !== undefined)
        waits.set(now.metadata.uid!, (now as Job).spec.podReplacementPolicy === 'Failed');
      if (kind !== 'pods' || now === undefined) continue;
      const pod = now as Pod;
      const key = indexKey(pod);
      if (key === undefined) continue;
      if (isLeaving(pod) && !hasEnded(pod)) left.add(pod.metadata.uid!);
      touched.set(key, pod);
      const first = succeeded.get(key);
      if (
        before === undefined &&
        first !== undefined &&
        first.pod.metadata.uid !== pod.metadata.uid &&
        !first.mayRepeat
      )
        broken.push({ rule: 'index-again', what: `${nameOf(pod)} had succeeded`, objects: [first.pod, pod] });
      if (pod.status.phase === 'Succeeded' && first === undefined) {
        const mayRepeat = waits.get(ownerOf(pod)!) !== true && left.has(pod.metadata.uid!);
        succeeded.set(key, { pod, mayRepeat });
      }
    }
    if (touched.size === 0) return broken;
    const running = new Map<string, Pod[]>();
    for (const pod of pods.values()) {
      const key = indexKey(pod);
      if (key === undefined || !touched.has(key) || hasEnded(pod)) continue;
      if (isLeaving(pod) && waits.get(ownerOf(pod)!) !== true) continue;
      running.set(key, [...(running.get(key) ?? []), pod]);
    }
    for (const [key, twice] of running) {
      if (twice.length < 2) continue;
      broken.push({
        rule: 'index-twice',
        what: `${nameOf(touched.get(key)!)} runs ${twice.length} times`,
        objects: twice,
      });
    }
    return broken;
  };
}

function indexKey(pod: Pod): string | undefined {
  const index = indexOf(pod);
  const owner = ownerOf(pod);
  return index === undefined || owner === undefined ? undefined : `${owner} ${index}`;
}

function indexOf({ metadata }: Pod): string | undefined {
  return metadata.annotations?.['batch.kubernetes.io/job-completion-index'];
}

function nameOf(pod: Pod): string {
  return `Job ${pod.metadata.ownerReferences?.[0]?.name} index ${indexOf(pod)}`;
}
