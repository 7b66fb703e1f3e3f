import test from 'ava';
import type { StatusError } from '#lib/api/status.ts';
import type { Node } from '#lib/api/types/core.v1.ts';
import { createPodResize } from './pod-resize.ts';

const node = (os: string) => ({
  metadata: { name: os, labels: { 'kubernetes.io/os': os } },
  status: { allocatable: { cpu: '2', memory: '1Gi' } },
});
const nodes: Readonly<Record<string, object>> = { linux: node('linux'), windows: node('windows') };
const plugin = createPodResize({ nodeNamed: (name) => nodes[name] as Node | undefined });
const pod = (nodeName: string | undefined, requests: object, generation: number) => ({
  metadata: { name: 'p', generation },
  spec: { containers: [{ name: 'c', resources: { requests } }], ...(nodeName && { nodeName }) },
});

const resizes = test.macro<[string | undefined, object, string, string?, object?]>({
  title: (title) => `createPodResize() ${title}`,
  exec(t, nodeName, requests, expected, cause, rest = {}) {
    const run = () =>
      plugin.validate!(
        {
          operation: 'UPDATE',
          group: '',
          resource: 'pods',
          subresource: 'resize',
          name: 'p',
          object: pod(nodeName, requests, 2),
          oldObject: pod(nodeName, {}, 1),
          ...rest,
        } as never,
        new AbortController().signal,
      );
    if (expected === '') {
      t.notThrows(run);
      return;
    }
    const error = t.throws<StatusError>(run, { message: `pods "p" is forbidden: ${expected}` });
    t.is(error?.status.details?.causes?.[0]?.reason, cause);
  },
});
test('grants what the node has', resizes, 'linux', { cpu: '2', memory: '1Gi' }, '');
test(
  'refuses more than the node has',
  resizes,
  'linux',
  { cpu: '3', memory: '2Gi' },
  "Node didn't have enough allocatable resources: cpu, requested: 3000, allocatable: 2000; memory, requested: 2147483648, allocatable: 1073741824",
  'NodeCapacity',
);
test(
  'refuses other systems',
  resizes,
  'windows',
  { cpu: '1' },
  'pod resize is only supported on linux nodes, node "windows" is "windows"',
  'UnsupportedPlatform',
);
test('refuses where the node is gone', resizes, 'gone', { cpu: '1' }, 'node "gone" not found');
test('has nothing against pods without a node', resizes, undefined, { cpu: '3' }, '');
test('has nothing against what changes no spec', resizes, 'linux', { cpu: '3' }, '', undefined, {
  oldObject: pod('linux', {}, 2),
});
