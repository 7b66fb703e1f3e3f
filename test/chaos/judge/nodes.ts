// Pods are disturbed on nodes that are lost, and nowhere else.
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import { hasEnded, isDisrupted, isLeaving, isReady } from './facts.ts';
import type { Broken, Change, Rule } from './history.ts';

/** A pod becomes unready, or is sent away for a reason that is not its owner's, only where its node is lost or was just now. */
export function onlyOfLostNodes(): Rule {
  const lostMs = new Map<string, number>(); // node > when it was last seen lost
  return (step, { nodes }) => {
    for (const { kind, before, now } of step.changes) {
      if (kind !== 'nodes') continue;
      const wasLost = before !== undefined && !isWell(before as Node);
      if (wasLost || now === undefined || !isWell(now as Node))
        lostMs.set((now ?? before)!.metadata.name, step.latestMs);
    }
    const hit = step.changes.filter(isDisturbance).map(({ now }) => now as Pod);
    if (hit.length === 0) return [];
    const names = new Set([...nodes.values()].filter(isWell).map(({ metadata }) => metadata.name));
    return hit
      .filter(({ spec: { nodeName = '' } }) => names.has(nodeName))
      .filter(
        ({ spec: { nodeName = '' } }) => step.earliestMs > (lostMs.get(nodeName) ?? Number.NEGATIVE_INFINITY) + afterMs,
      )
      .map((pod): Broken => {
        const what = `Pod ${pod.metadata.name} was disturbed on ${pod.spec.nodeName}, which is well`;
        return { rule: 'disturbed', what, objects: [pod] };
      });
  };
}
const afterMs = 70_000; // pods of a node that was removed are looked for again after 40 s and every 20 s

/** Nobody asked for it. */
export function isDisturbance({ kind, before, now }: Change): boolean {
  if (kind !== 'pods' || before === undefined || now === undefined) return false;
  const [was, is] = [before as Pod, now as Pod];
  if (hasEnded(was) || isLeaving(was)) return false;
  if (isDisrupted(is) && !isDisrupted(was)) return true;
  return isReady(was) && !isReady(is) && !isLeaving(is) && !hasEnded(is);
}

function isWell({ spec, status }: Node): boolean {
  const isReady = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
  return isReady && !spec?.taints?.some(({ effect }) => effect === 'NoExecute');
}
