import test from 'ava';
import { mistakesOfConfiguration } from './config/validate.ts';
import { type ProfileFacts, profilesOf } from './profile.ts';

const facts: ProfileFacts = {
  volumes: {
    claimAt: () => undefined,
    volumeNamed: () => undefined,
    volumes: () => [],
    classNamed: () => undefined,
    driverNamed: () => undefined,
    capacities: () => [],
    promised: new Map(),
    csiNode: () => undefined,
  },
  spread: { selectorFor: () => undefined },
};
const typed = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' };

test("profilesOf() gives upstream's plugins and weights without a configuration", (t) => {
  const [profile] = profilesOf({}, facts);
  t.is(profile!.schedulerName, 'default-scheduler');
  t.deepEqual(
    profile!.plugins.map(({ name, filter, score, weight }) => [name, filter && 'filter', score && weight]),
    [
      ['NodeUnschedulable', 'filter', undefined],
      ['NodeName', 'filter', undefined],
      ['TaintToleration', 'filter', 3],
      ['NodeAffinity', 'filter', 2],
      ['NodePorts', 'filter', undefined],
      ['NodeResourcesFit', 'filter', 1],
      ['VolumeRestrictions', 'filter', undefined],
      ['NodeVolumeLimits', 'filter', undefined],
      ['VolumeBinding', 'filter', 1],
      ['VolumeZone', 'filter', undefined],
      ['PodTopologySpread', 'filter', 2],
      ['InterPodAffinity', 'filter', 2],
      ['NodeResourcesBalancedAllocation', undefined, 1],
      ['ImageLocality', undefined, 1],
      ['NodeDeclaredFeatures', 'filter', undefined],
    ],
  );
  t.deepEqual(profile!.preemption, {});
});

test('profilesOf() takes away and adds at a point what is said about it', (t) => {
  const plugins = {
    filter: { disabled: [{ name: 'PodTopologySpread' }] },
    score: { disabled: [{ name: '*' }], enabled: [{ name: 'ImageLocality', weight: 7 }] },
    postFilter: { disabled: [{ name: 'DefaultPreemption' }] },
    multiPoint: { disabled: [{ name: 'NodePorts' }] },
  };
  const profiles = [{ schedulerName: 'other', plugins, percentageOfNodesToScore: 30 }];
  const [profile] = profilesOf({ profiles, percentageOfNodesToScore: 50 }, facts);
  const scoring = profile!.plugins.filter(({ score }) => score !== undefined);
  t.deepEqual(
    scoring.map(({ name, weight }) => [name, weight]),
    [['ImageLocality', 7]],
  );
  const filtering = profile!.plugins.filter(({ filter }) => filter !== undefined).map(({ name }) => name);
  t.false(filtering.includes('PodTopologySpread'));
  t.false(filtering.includes('NodePorts'));
  t.true(filtering.includes('NodeResourcesFit'));
  t.like(profile, { schedulerName: 'other', percentageOfNodesToScore: 30, preemption: undefined });
});

const refuses = test.macro<[string, object, readonly string[]]>({
  title: (_title, what) => `mistakesOfConfiguration() ${what}`,
  exec(t, _what, document, expected) {
    t.deepEqual(mistakesOfConfiguration({ ...typed, ...document }), expected);
  },
});

test(refuses, 'takes an empty one', {}, []);
test(refuses, 'names the path of an unknown field', { profiles: [{ bogus: 1 }] }, [
  'unknown field "profiles[0].bogus"',
]);
test(refuses, 'names the path of a wrong type', { profiles: [{ schedulerName: 1 }] }, [
  'profiles[0].schedulerName: must be a string',
]);
test(
  refuses,
  'looks into the arguments of plugins',
  {
    profiles: [{ pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { kind: 'x' } } }] }],
  },
  ['unknown field "profiles[0].pluginConfig[0].args.scoringStrategy.kind"'],
);
test(refuses, 'knows no other plugins', { profiles: [{ plugins: { score: { enabled: [{ name: 'Luck' }] } } }] }, [
  'profiles[0].plugins.score.enabled[0].name: Invalid value: "Luck": no such plugin',
]);
test(refuses, 'wants one of each name', { profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }] }, [
  'profiles[1].schedulerName: Duplicate value: "a"',
]);
test(refuses, 'wants a share of a hundred', { percentageOfNodesToScore: 101 }, [
  'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
]);
test(refuses, 'wants its kind', { kind: 'Pod' }, [
  'no kind "Pod" is registered for version "kubescheduler.config.k8s.io/v1"',
]);
