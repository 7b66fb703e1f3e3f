import test from 'ava';
import { type PodFacts, stageOf, withKill } from './stage.ts';

const stages = test.macro<[PodFacts, string]>({
  title: (_title, facts, stage) => `stageOf(${Object.keys(facts).join(', ')}) is ${stage}`,
  exec: (t, facts, stage) => t.is(stageOf(facts), stage as never),
});
const kill = { atMs: 1, graceSeconds: 30 };
test(stages, {}, 'syncing');
test(stages, { kill }, 'terminating');
test(stages, { kill, stoppedAtMs: 2 }, 'terminated');
test(stages, { kill, stoppedAtMs: 2, freedAtMs: 3 }, 'finished');

test('withKill() may shorten the grace period, and never lengthens it nor moves its start', (t) => {
  const first = withKill({}, kill);
  t.deepEqual(withKill(first, { atMs: 9, graceSeconds: 1 }).kill, { atMs: 1, graceSeconds: 1 });
  t.deepEqual(withKill(first, { atMs: 9, graceSeconds: 60 }).kill, kill);
});
