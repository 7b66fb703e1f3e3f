import test from 'ava';
import type { Container, Node, Pod } from '../types/core.v1.ts';
import { featuresToChange, featuresToRun, undeclared } from './declared-features.ts';

const container = (action?: string): Container => ({
  name: 'c',
  ...(action === undefined
    ? {}
    : { restartPolicyRules: [{ action: action as 'Restart', exitCodes: { operator: 'In', values: [1] } }] }),
});
const pod = (spec: object) => ({ metadata: {}, spec: { containers: [container()], ...spec } }) as unknown as Pod;

const needs = test.macro<[object, readonly string[]]>({
  title: (title) => `featuresToRun() ${title}`,
  exec(t, spec, expected) {
    t.deepEqual(featuresToRun(pod(spec)), expected);
  },
});
const all = 'RestartAllContainersOnContainerExits';
test('needs nothing for most pods', needs, {}, []);
test('needs nothing for a rule that restarts one container', needs, { containers: [container('Restart')] }, []);
test('sees who restarts all', needs, { containers: [container('RestartAllContainers')] }, [all]);
test('sees init containers', needs, { initContainers: [container('RestartAllContainers')] }, [all]);

const half = { requests: { cpu: '500m' } };
test('featuresToChange() asks for a feature where resources of the whole pod change', (t) => {
  const feature = ['InPlacePodLevelResourcesVerticalScaling'];
  t.deepEqual(featuresToChange(pod({ resources: half }), pod({ resources: { requests: { cpu: '1' } } })), feature);
  t.deepEqual(featuresToChange(pod({ resources: half }), pod({})), feature);
  t.deepEqual(featuresToChange(pod({ resources: half }), pod({ resources: half })), []);
  t.deepEqual(featuresToChange(pod({ containers: [{ name: 'c', resources: half }] }), pod({})), []);
});

test('undeclared() names what a node does not have', (t) => {
  const node = (status: object) => ({ metadata: { name: 'n' }, status }) as unknown as Node;
  t.deepEqual(undeclared(['A', 'B'], node({ declaredFeatures: ['B', 'C'] })), ['A']);
  t.deepEqual(undeclared(['A'], node({})), ['A']);
  t.deepEqual(undeclared([], node({})), []);
});
