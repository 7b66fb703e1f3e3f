// What upstream's own tests of the kinds of apps refuse and take.
import test from 'ava';
import { created, updates, validates } from '../testing.ts';

const metadata = { name: 'a', namespace: 'default' };
const labels = { app: 'a' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } };
const base = { metadata, spec: { selector: { matchLabels: labels }, template } };
const mismatch = (value: unknown) =>
  `spec.template.metadata.labels: Invalid value: ${JSON.stringify(value)}: \`selector\` does not match template \`labels\``;
const late = { spec: { template: { spec: { activeDeadlineSeconds: 10 } } } };
const wrongOperator = {
  spec: { selector: { matchLabels: undefined, matchExpressions: [{ key: 'app', operator: 'x' }] } },
};
const notOperator = 'spec.selector.matchExpressions[0].operator: Invalid value: "x": not a valid selector operator';

const deployment = validates('apps', 'Deployment', base);
const rolling = (maxUnavailable: unknown, maxSurge: unknown) => ({
  spec: { strategy: { rollingUpdate: { maxUnavailable, maxSurge } } },
});
const down = 'spec.strategy.rollingUpdate.maxUnavailable';
test('valid with more than twice its pods for a while', deployment, rolling('25%', '200%'));
test(
  'refused with more gone than there are',
  deployment,
  rolling('101%', 0),
  `${down}: Invalid value: "101%": must not be greater than 100%`,
);
test(
  'refused with a number in quotes',
  deployment,
  rolling('1x', 1),
  /^spec\.strategy\.rollingUpdate\.maxUnavailable: .*must be a numeric/,
);
test(
  'refused with a deadline',
  deployment,
  late,
  'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
);
test(
  'refused with a selector that is none',
  deployment,
  wrongOperator,
  notOperator,
  'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"x"}]}: invalid label selector',
);

const daemons = validates('apps', 'DaemonSet', base);
test('refused without a selector', daemons, { spec: { selector: undefined } }, mismatch(labels));
test('refused with a selector that is none', daemons, wrongOperator, notOperator);
test(
  'refused with an empty selector',
  daemons,
  { spec: { selector: { matchLabels: undefined } } },
  'spec.selector: Invalid value: {}: empty selector is invalid for daemonset',
);
test(
  'refused with a deadline',
  daemons,
  late,
  'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported',
);
const surge = (maxUnavailable: unknown, maxSurge: unknown) => ({
  spec: { updateStrategy: { rollingUpdate: { maxUnavailable, maxSurge } } },
});
const field = 'spec.updateStrategy.rollingUpdate';
test('valid where the new pod comes first', daemons, surge(0, '10%'));
test(
  'refused where no pod may move',
  daemons,
  surge(0, '0%'),
  `${field}.maxUnavailable: Required value: cannot be 0 when maxSurge is 0`,
);
test(
  'refused where old and new go at once',
  daemons,
  surge(1, 1),
  `${field}.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero`,
);
test(
  'refused with a surge of more than all',
  daemons,
  surge(0, '101%'),
  `${field}.maxSurge: Invalid value: "101%": must not be greater than 100%`,
);

const set = validates('apps', 'StatefulSet', base);
const setField = 'spec.updateStrategy.rollingUpdate.maxUnavailable';
test('refused with a dotted name', set, { metadata: { name: 'a.b' } }, /^metadata\.name: .*must not contain dots/);
test('refused with a service that is none', set, { spec: { serviceName: 'a.b' } }, /^spec\.serviceName: Invalid value/);
test('refused where none may go', set, surge(0, undefined), `${setField}: Invalid value: 0: cannot be 0`);
test(
  'refused where more may go than there are',
  set,
  surge('101%', undefined),
  `${setField}: Invalid value: "101%": must not be greater than 100%`,
);
test(
  'refused with a selector that is none',
  set,
  wrongOperator,
  notOperator,
  /^spec\.selector: Invalid value: \{.*\}$/,
);
test(
  'refused with a deadline',
  set,
  late,
  'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
);
test(
  'refused with a claim of nothing',
  set,
  { spec: { volumeClaimTemplates: [{ metadata: { name: 'v' }, spec: {} }] } },
  'spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required',
  'spec.volumeClaimTemplates[0].spec.resources[storage]: Required value',
);
const strategies = { RollingUpdate: undefined, '': { partition: 0, maxUnavailable: 1 } };
for (const [type, rollingUpdate] of Object.entries(strategies)) {
  test(`StatefulSet fills in how to roll for the strategy "${type}"`, (t) => {
    const object = created('apps', 'StatefulSet', { ...base, spec: { ...base.spec, updateStrategy: { type } } });
    const { updateStrategy } = object['spec'] as { updateStrategy: object };
    t.deepEqual(updateStrategy, { type: 'RollingUpdate', ...(rollingUpdate && { rollingUpdate }) });
  });
}
const unsound = { ...base, spec: { ...base.spec, template: { ...template, spec: { containers: [] } } } };
test('can be scaled with a template that nobody would take now', updates('apps', 'StatefulSet', unsound), {
  spec: { replicas: 3 },
});
test(
  'keeps to a sound template',
  updates('apps', 'StatefulSet', base),
  { spec: { template: { spec: { containers: [] } } } },
  /^spec\.template\.spec\.containers: Required value/,
);

const revision = validates('apps', 'ControllerRevision', { metadata, data: { a: 1 }, revision: 1 });
test('valid', revision, {});
test('refused without data', revision, { data: undefined }, 'data: Required value: data is mandatory');
for (const data of [[], 'a', 1, true]) {
  const is = JSON.stringify(data);
  test(`refused with ${is} as data`, revision, { data }, 'data: Required value: data must be a valid JSON object');
}
