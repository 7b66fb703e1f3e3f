import test from 'ava';
import { oneRunPerIndex } from './jobs.ts';
import { findings, gone, pod, podOf, type Told } from './testing.ts';

const job = (podReplacementPolicy: string): Told => ({
  kind: 'jobs',
  put: { metadata: { name: 'owner', uid: 'owner' }, spec: { podReplacementPolicy } },
});

const finds = test.macro<[string, readonly Told[], readonly string[]]>({
  title: (_title, what) => `oneRunPerIndex() ${what}`,
  exec: (t, _what, told, expected) => void t.deepEqual(findings(told, oneRunPerIndex()), [...expected]),
});
const a = (state: object = {}) => pod('a', { index: 0, ...state });
const b = (state: object = {}) => pod('b', { index: 0, ...state });

test(finds, 'lets each index run once', [job('Failed'), a(), pod('b', { index: 1 })], []);
test(finds, 'lets an index run again after it failed', [job('Failed'), a(), a({ phase: 'Failed' }), b()], []);
test(finds, 'lets an index run again whose pod is gone', [job('Failed'), a(), gone('a', { index: 0 }), b()], []);
test(finds, 'finds two at one time', [job('Failed'), a(), b()], ['index-twice']);
test(
  finds,
  'finds two at one time though neither stands in the end',
  [job('Failed'), a(), b(), gone('a', { index: 0 }), gone('b', { index: 0 })],
  ['index-twice'],
);
test(
  finds,
  'counts one that terminates where the Job waits for its end',
  [job('Failed'), a(), a({ isLeaving: true }), b()],
  ['index-twice'],
);
test(
  finds,
  'does not count one that terminates where the Job does not wait',
  [job('TerminatingOrFailed'), a(), a({ isLeaving: true }), b()],
  [],
);
test(finds, 'finds two where the Job does not wait, too', [job('TerminatingOrFailed'), a(), b()], ['index-twice']);
test(
  finds,
  'finds an index that runs again after it succeeded',
  [job('Failed'), a(), a({ phase: 'Succeeded' }), gone('a', { index: 0, phase: 'Succeeded' }), b()],
  ['index-again'],
);
test(
  finds,
  'lets both of two succeed where one had been given up',
  [job('TerminatingOrFailed'), a(), a({ isLeaving: true }), a({ isLeaving: true, phase: 'Succeeded' }), b()],
  [],
);
test(
  finds,
  'does not take a pod that a list shows again for another one',
  [job('Failed'), a(), { kind: 'pods', list: [podOf('a', { index: 0 })] }, a({ phase: 'Succeeded' })],
  [],
);
test(
  finds,
  'sees that a pod went while the watch was broken',
  [job('Failed'), a(), { kind: 'pods', list: [podOf('b', { index: 0 })] }],
  [],
);
