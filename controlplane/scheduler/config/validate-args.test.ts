import test from 'ava';
import { mistakesOfConfiguration } from './validate.ts';

const typed = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' };
const at = 'profiles[0].pluginConfig[0].args';

/** What is wrong with `args`, by the path below them. */
const refuses = test.macro<[string, object, readonly string[]]>({
  title: (_title, name, args) => `arguments of ${name} may or may not be ${JSON.stringify(args)}`,
  exec(t, name, args, expected) {
    const mistakes = mistakesOfConfiguration({ ...typed, profiles: [{ pluginConfig: [{ name, args }] }] });
    t.deepEqual(
      mistakes.map((mistake) => mistake.replace(`${at}.`, '')),
      [...expected],
    );
  },
});

test(refuses, 'DefaultPreemption', { minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 5 }, []);
test(refuses, 'DefaultPreemption', { minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0 }, [
  `${at}: Invalid value: both minCandidateNodesPercentage and minCandidateNodesAbsolute cannot be zero`,
]);
test(refuses, 'DefaultPreemption', { minCandidateNodesAbsolute: -1 }, [
  'minCandidateNodesAbsolute: Invalid value: -1: not in valid range [0, inf)',
]);
test(refuses, 'InterPodAffinity', { hardPodAffinityWeight: 101 }, [
  'hardPodAffinityWeight: Invalid value: 101: not in valid range [0-100]',
]);
test(refuses, 'VolumeBinding', { bindTimeoutSeconds: 30 }, []);
test(refuses, 'VolumeBinding', { bindTimeoutSeconds: -1 }, [
  'bindTimeoutSeconds: Invalid value: -1: invalid BindTimeoutSeconds, should not be a negative value',
]);

test(refuses, 'VolumeBinding', { shape: [] }, ['shape: Required value: at least one point must be specified']);

const constraint = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' };
const listed = (...defaultConstraints: readonly object[]) => ({ defaultingType: 'List', defaultConstraints });
test(refuses, 'PodTopologySpread', listed(constraint), []);
test(refuses, 'PodTopologySpread', { defaultConstraints: [constraint] }, [
  'defaultingType: Invalid value: "System": when .defaultConstraints are not empty',
]);
test(refuses, 'PodTopologySpread', { defaultingType: 'Own' }, [
  'defaultingType: Unsupported value: "Own": supported values: "System", "List"',
]);
test(refuses, 'PodTopologySpread', listed({ ...constraint, maxSkew: 0, labelSelector: {} }), [
  'defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range (0, inf)',
  'defaultConstraints[0].labelSelector: Forbidden: constraint must not define a selector, as they deduced for each pod',
]);
test(refuses, 'PodTopologySpread', listed(constraint, constraint), [
  'defaultConstraints[1]: Duplicate value: "{zone, ScheduleAnyway}"',
]);

const strategy = (more: object) => ({ scoringStrategy: more });
test(refuses, 'NodeResourcesFit', strategy({ resources: [{ name: 'cpu' }, { name: 'x.io/gpu', weight: 5 }] }), []);
test(refuses, 'NodeResourcesFit', strategy({ resources: [{ name: 'cpu', weight: 101 }] }), [
  'scoringStrategy.resources[0].weight: Invalid value: 101: resource weight of cpu not in valid range (0, 100]',
]);
test(refuses, 'NodeResourcesFit', strategy({ type: 'Luck' }), [
  'scoringStrategy.type: Unsupported value: "Luck": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"',
]);
const shaped = (...shape: readonly object[]) =>
  strategy({ type: 'RequestedToCapacityRatio', requestedToCapacityRatio: { shape } });
const place = 'scoringStrategy.requestedToCapacityRatio.shape';
test(refuses, 'NodeResourcesFit', shaped({ utilization: 0, score: 0 }, { utilization: 100, score: 10 }), []);
test(refuses, 'NodeResourcesFit', shaped(), [`${place}: Required value: at least one point must be specified`]);
test(refuses, 'NodeResourcesFit', shaped({ utilization: 50, score: 11 }, { utilization: 50, score: 1 }), [
  `${place}[0].score: Invalid value: 11: not in valid range [0-10]`,
  `${place}[1].utilization: Invalid value: 50: utilization values must be sorted in increasing order`,
]);

test('plugins of upstream that never run here may be disabled', (t) => {
  const set = { disabled: [{ name: 'DynamicResources' }] };
  t.deepEqual(mistakesOfConfiguration({ ...typed, profiles: [{ plugins: { multiPoint: set } }] }), []);
  const wanted = { enabled: [{ name: 'DynamicResources' }] };
  t.is(mistakesOfConfiguration({ ...typed, profiles: [{ plugins: { multiPoint: wanted } }] }).length, 1);
});
