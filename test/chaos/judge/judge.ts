// The whole judgement on a history: a pure function.
import { type Broken, type Observation, replay } from './history.ts';
import { oneRunPerIndex } from './jobs.ts';
import { onlyOfLostNodes } from './nodes.ts';
import { inOrder } from './ordinals.ts';
import { withinSurge } from './surge.ts';

/** What did not hold at some time. */
export function judge(history: readonly Observation[]): readonly Broken[] {
  return [
    ...judgeStreams(history),
    ...replay(history, [oneRunPerIndex(), inOrder(), withinSurge(), onlyOfLostNodes()]),
  ];
}

/** Each watch goes forward: an event at a revision that was shown already is one too many. */
function judgeStreams(history: readonly Observation[]): readonly Broken[] {
  const shown = new Map<string, number>();
  return history.flatMap(({ kind, type, revision, objects }) => {
    const last = shown.get(kind) ?? 0;
    shown.set(kind, Math.max(last, revision));
    if (type === 'list' ? revision >= last : revision > last) return [];
    return [{ rule: 'watch', what: `${kind} at revision ${revision} came after ${last}`, objects }];
  });
}
