import test from 'ava';
import { onlyOfLostNodes } from './nodes.ts';
import { findings, pod, type Told } from './testing.ts';

const node = (is: 'True' | 'Unknown', taints: readonly object[] = []): Told => ({
  kind: 'nodes',
  put: { metadata: { name: 'n', uid: 'n' }, spec: { taints }, status: { conditions: [{ type: 'Ready', status: is }] } },
});
const later = (told: Told): Told => ({ ...told, after: 120 });
const disturbed = pod('a', { isReady: false });

const finds = test.macro<[string, readonly Told[], readonly string[]]>({
  title: (_title, what) => `onlyOfLostNodes() ${what}`,
  exec: (t, _what, told, expected) => void t.deepEqual(findings(told, onlyOfLostNodes()), [...expected]),
});

test(
  finds,
  'finds a pod that turns unready on a node that is well',
  [node('True'), pod('a'), disturbed],
  ['disturbed'],
);
test(
  finds,
  'finds a pod that is sent away from it',
  [node('True'), pod('a'), pod('a', { isDisrupted: true })],
  ['disturbed'],
);
test(finds, 'lets its owner send it away', [node('True'), pod('a'), pod('a', { isLeaving: true, isReady: false })], []);
test(finds, 'lets pods of a node that is lost be', [node('True'), pod('a'), node('Unknown'), later(disturbed)], []);
test(finds, 'lets them be just after it came back', [node('Unknown'), pod('a'), node('True'), disturbed], []);
test(
  finds,
  'finds them long after it came back',
  [node('Unknown'), pod('a'), node('True'), later(disturbed)],
  ['disturbed'],
);
test(
  finds,
  'lets pods of a node that is gone be',
  [node('True'), pod('a'), { kind: 'nodes', gone: node('True').put! }, disturbed],
  [],
);
test(
  finds,
  'takes a node from which all are sent away for lost',
  [node('True', [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }]), pod('a'), later(disturbed)],
  [],
);
