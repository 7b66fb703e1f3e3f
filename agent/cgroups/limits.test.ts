import test from 'ava';
import type { PodSpec } from '#lib/api/types/core.v1.ts';
import { exampleContainer, examplePod } from '../pods/example.ts';
import { containerLimits, oomScoreAdj } from './limits.ts';

const gibi = 1024 ** 3;
const asking = (name: string, memory: string, rest: object = {}) =>
  exampleContainer(name, { resources: { requests: { memory } }, ...rest });
const score = (spec: Partial<PodSpec>, name: string) => {
  const pod = examplePod(spec);
  const container = [...(spec.initContainers ?? []), ...pod.spec.containers].find((one) => one.name === name)!;
  return oomScoreAdj(pod, container, 10 * gibi);
};

test('containerLimits() gives a container without limits those of its pod', (t) => {
  const whole = { limits: { cpu: '500m', memory: '1Gi' } };
  t.deepEqual(containerLimits({}, whole), { cpuShares: 512, cpuQuotaMicros: 50_000, memoryBytes: gibi });
  const resources = { limits: { memory: '64Mi' }, requests: { cpu: '100m' } };
  t.deepEqual(containerLimits({ resources }, whole), {
    cpuShares: 102,
    cpuQuotaMicros: 50_000,
    memoryBytes: 64 * 1024 ** 2,
  });
  t.deepEqual(containerLimits({ resources }), { cpuShares: 102, memoryBytes: 64 * 1024 ** 2 });
});

test('oomScoreAdj() goes by the class, and by what a container asks for', (t) => {
  t.is(score({}, 'main'), 1000);
  t.is(score({ containers: [asking('main', '1Gi')] }, 'main'), 900);
  t.is(score({ containers: [asking('main', '20Gi')] }, 'main'), 3);
  t.is(score({ containers: [asking('main', '1Gi'), exampleContainer('none')] }, 'none'), 999);
  const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } };
  t.is(score({ containers: [exampleContainer('main', { resources })] }, 'main'), -997);
  t.is(score({ priority: 2_000_001_000 }, 'main'), -997);
});

test('oomScoreAdj() kills no sidecar before its main containers', (t) => {
  const sidecar = asking('side', '1Gi', { restartPolicy: 'Always' });
  const containers = [asking('main', '3Gi'), asking('other', '2Gi')];
  t.is(score({ initContainers: [sidecar], containers }, 'side'), 800);
  t.is(score({ initContainers: [asking('init', '1Gi')], containers }, 'init'), 900);
});

test('oomScoreAdj() shares out what the pod asks for as a whole', (t) => {
  const spec = { resources: { requests: { memory: '4Gi' } }, containers: [asking('main', '1Gi'), asking('b', '1Gi')] };
  t.is(score(spec, 'main'), 800);
});
