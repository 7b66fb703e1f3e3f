import test from 'ava';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { resized, wrongResize } from './resize.ts';

const half = { cpu: '500m', memory: '64Mi' };
const full = { cpu: '1', memory: '128Mi' };
const container = (resources: object, rest: object = {}) => ({ name: 'c', image: 'i', resources, ...rest });
const burstable = { requests: half, limits: full };
const pod = (spec: object, rest: object = {}) =>
  ({ metadata: { name: 'p' }, spec: { containers: [container(burstable)], ...spec }, ...rest }) as unknown as Pod;

const wrong = test.macro<[Pod, Pod, readonly string[]]>({
  title: (title) => `wrongResize() ${title}`,
  exec(t, before, next, expected) {
    const causes = wrongResize(resized(next, before), before);
    t.deepEqual(
      causes.map(({ field, message }) => `${field}: ${message}`),
      expected,
    );
  },
});
const with_ = (resources: object) => pod({ containers: [container(resources)] });
test('lets cpu and memory change', wrong, pod({}), with_({ requests: { cpu: '1', memory: '32Mi' }, limits: full }), []);
test('lets something be added', wrong, with_({ requests: half }), with_({ requests: half, limits: full }), []);
test('leaves the class of service alone', wrong, pod({}), with_({ requests: full, limits: full }), [
  'spec: Invalid value: "": Pod QOS Class may not change as a result of resizing',
]);
test('lets no request go', wrong, pod({}), with_({ requests: { cpu: '1' }, limits: full }), [
  'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
]);
test('lets no limit go', wrong, pod({}), with_({ requests: half, limits: { cpu: '1' } }), [
  'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
]);
test(
  'lets nothing but cpu and memory change',
  wrong,
  pod({}),
  with_({ requests: { ...half, 'ephemeral-storage': '1Gi' }, limits: full }),
  ['spec: Forbidden: only cpu and memory resources are mutable'],
);
const init = (resources: object, rest: object = {}) =>
  pod({ initContainers: [{ ...container(resources, rest), name: 'i' }] });
test('lets init containers change', wrong, init({ requests: half }), init({ requests: full }), []);
const again = { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] };
test(
  'leaves init containers alone that would start again',
  wrong,
  init({ requests: half }, again),
  init({ requests: full }, again),
  [
    'spec.initContainers[0]: Forbidden: non-sidecar init containers with a resize policy of RestartContainer cannot be resized',
  ],
);
const sidecar = { restartPolicy: 'Always' };
test('lets sidecars change', wrong, init({ requests: half }, sidecar), init({ requests: full }, sidecar), []);
test(
  'lets only cpu and memory of sidecars change',
  wrong,
  init({ requests: half }, sidecar),
  init({ requests: { ...half, 'hugepages-2Mi': '2Mi' } }, sidecar),
  ['spec.initContainers[0]: Forbidden: only cpu and memory resources for init or sidecar containers are mutable'],
);
test(
  'lets the pod as a whole change',
  wrong,
  pod({ resources: burstable }),
  pod({ resources: { requests: full, limits: { cpu: '2', memory: '1Gi' } } }),
  [],
);
test('lets no limit of the whole go', wrong, pod({ resources: burstable }), pod({ resources: { requests: half } }), [
  'spec.resources.limits: Forbidden: pod-level resource limits cannot be removed',
]);
const mirrored = { metadata: { name: 'p', annotations: { 'kubernetes.io/config.mirror': 'x' } } };
test('leaves static pods alone', wrong, pod({}, mirrored), pod({}), [': Forbidden: static pods cannot be resized']);
test('leaves Windows alone', wrong, pod({ os: { name: 'windows' } }), pod({}), [
  ': Forbidden: windows pods cannot be resized',
]);
test('leaves ended pods alone', wrong, pod({}, { status: { phase: 'Failed' } }), pod({}), [
  'metadata.name: Forbidden: pods in a terminal phase cannot be resized',
]);
const old = { status: { qosClass: 'Burstable', containerStatuses: [{ name: 'c', state: { running: {} } }] } };
test('leaves pods of old nodes alone', wrong, pod({}, old), pod({}), [
  'spec: Forbidden: Pod running on node without support for resize',
]);
