import test from 'ava';
import { readLabels } from './read-labels.ts';

test('readLabels() reads pairs, and lets values be empty', (t) => {
  t.deepEqual(readLabels('disk=ssd, example.com/rack=r-1,empty='), {
    disk: 'ssd',
    'example.com/rack': 'r-1',
    empty: '',
  });
});

test('readLabels() takes those of Kubernetes that a node may give itself', (t) => {
  const text = 'topology.kubernetes.io/zone=a,node.kubernetes.io/kind=b,team.node.kubernetes.io/x=c';
  t.is(Object.keys(readLabels(text)).length, 3);
});

test('readLabels() refuses what is none, and what only others may give', (t) => {
  for (const text of ['a', '=b', 'a=b=c', 'a=-b', 'A/b=c'])
    t.throws(() => readLabels(text), { message: /is not KEY=VALUE/ }, text);
  t.throws(() => readLabels('node-role.kubernetes.io/worker=,x.k8s.io/y=z'), {
    message:
      /^unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: \[node-role\.kubernetes\.io\/worker x\.k8s\.io\/y\]/,
  });
});
