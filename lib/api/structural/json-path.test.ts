import test from 'ava';
import { findAll, parseJsonPath, withField } from './json-path.ts';

const object = {
  metadata: { labels: { 'a.b/c': 'l' } },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', n: 1 },
      { type: 'Live', status: 'False', n: 2 },
    ],
  },
};

const finds = test.macro<[string, readonly unknown[]]>({
  title: (_title, path) => `findAll() follows ${path}`,
  exec: (t, path, expected) => t.deepEqual(findAll(object, parseJsonPath(path)!), expected),
});
test(finds, '.metadata.labels.a\\.b/c', ['l']);
test(finds, ".metadata.labels['a.b/c']", ['l']);
test(finds, '.status.conditions[0].type', ['Ready']);
test(finds, '.status.conditions[-1].type', ['Live']);
test(finds, '.status.conditions[*].type', ['Ready', 'Live']);
test(finds, '.status.conditions[?(@.type=="Live")].status', ['False']);
test(finds, ".status.conditions[?(@.type=='Ready')].status", ['True']);
test(finds, '.status.conditions[?(@.n>1)].type', ['Live']);
test(finds, '{.status.conditions[0:1].type}', ['Ready']);
test(finds, '.nothing.there', []);

test('parseJsonPath() refuses what it does not know', (t) => {
  t.is(parseJsonPath('.a[?(x)]'), undefined);
  t.is(parseJsonPath('.a['), undefined);
});

test('withField() makes what is on the way', (t) => {
  t.deepEqual(withField({ a: 1 }, parseJsonPath('.spec.replicas')!, 3), { a: 1, spec: { replicas: 3 } });
});
