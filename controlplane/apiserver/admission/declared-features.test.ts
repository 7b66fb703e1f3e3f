import test from 'ava';
import type { Node } from '#lib/api/types/core.v1.ts';
import { createDeclaredFeatures } from './declared-features.ts';

const feature = 'InPlacePodLevelResourcesVerticalScaling';
const nodes: Readonly<Record<string, object>> = {
  able: { metadata: { name: 'able' }, status: { declaredFeatures: [feature] } },
  old: { metadata: { name: 'old' }, status: {} },
};
const plugin = createDeclaredFeatures({ nodeNamed: (name) => nodes[name] as Node | undefined });
const pod = (nodeName: string | undefined, cpu: string, generation: number) => ({
  metadata: { name: 'p', generation },
  spec: { containers: [], ...(nodeName && { nodeName }), resources: { requests: { cpu } } },
});

const changes = test.macro<[string | undefined, string, object?]>({
  title: (title) => `createDeclaredFeatures() ${title}`,
  exec(t, nodeName, expected, rest = {}) {
    const run = () =>
      plugin.validate!(
        {
          operation: 'UPDATE',
          group: '',
          resource: 'pods',
          subresource: 'resize',
          name: 'p',
          object: pod(nodeName, '2', 2),
          oldObject: pod(nodeName, '1', 1),
          ...rest,
        } as never,
        new AbortController().signal,
      );
    if (expected === '') t.notThrows(run);
    else t.throws(run, { message: `pods "p" is forbidden: ${expected}` });
  },
});
test('lets a node do what it has declared', changes, 'able', '');
test(
  'refuses what a node has not declared',
  changes,
  'old',
  `pod update requires features ${feature} which are not available on node "old"`,
);
test('refuses where the node is gone', changes, 'gone', 'node "gone" not found');
test('has nothing against pods without a node', changes, undefined, '');
test('has nothing against what changes no spec', changes, 'old', '', { oldObject: pod('old', '1', 2) });
test('leaves status alone', changes, 'old', '', { subresource: 'status' });
