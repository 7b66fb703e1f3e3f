// What upstream's own tests of the kinds of batch refuse and take.
import test from 'ava';
import { updates, validates } from '../testing.ts';
import { countIndexes, sharedIndex } from './job-indexes.ts';

const metadata = { name: 'a', namespace: 'default', uid: 'u1' };
const pod = { containers: [{ name: 'web', image: 'nginx:1' }], restartPolicy: 'Never' };
const base = { metadata, spec: { template: { spec: pod } } };
const job = validates('batch', 'Job', base);
const indexed = validates('batch', 'Job', {
  ...base,
  spec: { ...base.spec, completionMode: 'Indexed', completions: 5, parallelism: 2 },
});

const label = (name: string) => ({ spec: { template: { metadata: { labels: { [name]: 'x' } } } } });
test(
  'refused with the name of another on its pods',
  job,
  label('batch.kubernetes.io/job-name'),
  /^spec\.template\.metadata\.labels\[batch\.kubernetes\.io\/job-name\]: Invalid value: \{.*\}: must be 'a'$/,
);
test(
  'refused with the uid of another on its pods',
  job,
  label('controller-uid'),
  /^spec\.template\.metadata\.labels\[controller-uid\]: Invalid value: \{.*\}: must be 'u1'$/,
);
test(
  'refused with a selector of somebody else',
  job,
  { spec: { selector: { matchLabels: { a: 'b' } } } },
  /^spec\.selector: Invalid value: .*: `selector` not auto-generated$/,
  /^spec\.template\.metadata\.labels: Invalid value: .*: `selector` does not match template `labels`$/,
);
test('valid with a selector made by hand', job, {
  spec: {
    manualSelector: true,
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } } },
  },
});
test('refused without a uid', job, { metadata: { uid: undefined } }, 'metadata.uid: Required value');
test(
  'refused with a negative limit of each',
  indexed,
  { spec: { backoffLimitPerIndex: -1 } },
  /^spec\.backoffLimitPerIndex: .*greater than or equal to 0$/,
);
test(
  'refused with a number of failures and no limit of each',
  indexed,
  { spec: { maxFailedIndexes: 1 } },
  'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
);
test(
  'refused with more failures than completions',
  indexed,
  { spec: { backoffLimitPerIndex: 1, maxFailedIndexes: 6 } },
  'spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions',
);
test(
  'refused with limits of each where there are none',
  job,
  { spec: { backoffLimitPerIndex: 1, maxFailedIndexes: 1 } },
  'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
  'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
);
const above = 'when completions are above 100000 and used with backoff limit per index';
test(
  'refused with very many completions and no bound of failures',
  indexed,
  { spec: { completions: 100_001, parallelism: 10_001, backoffLimitPerIndex: 1 } },
  'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
  `spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 ${above}`,
);
test(
  'refused with very many failures',
  indexed,
  { spec: { completions: 100_001, backoffLimitPerIndex: 1, maxFailedIndexes: 10_001 } },
  `spec.maxFailedIndexes: Invalid value: 10001: must be less than or equal to 10000 ${above}`,
);
test(
  'refused with a name that leaves no room for an index',
  indexed,
  { metadata: { name: 'a'.repeat(62) } },
  `metadata.name: Invalid value: "${'a'.repeat(62)}": will not able to create pod with invalid DNS label: ${'a'.repeat(62)}-4`,
);

for (const [managedBy, ...expected] of [
  ['acme.io/foo'],
  ['', 'spec.managedBy: Required value'],
  ['foo', 'spec.managedBy: Invalid value: "foo": must be a domain-prefixed path (such as "acme.io/foo")'],
  [
    'acme.io/a b',
    `spec.managedBy: Invalid value: "a b": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`,
  ],
  [`acme.io/${'x'.repeat(63)}`, 'spec.managedBy: Too long: may not be more than 63 bytes'],
] as const) {
  const title = expected.length === 0 ? 'valid' : 'refused';
  test(`${title} under ${managedBy || 'nobody'}`, job, { spec: { managedBy } }, ...expected);
}

const failing = (...rules: readonly object[]) => ({ spec: { podFailurePolicy: { rules } } });
const rule = 'spec.podFailurePolicy.rules[0]';
const code = { action: 'Ignore', onExitCodes: { operator: 'In', values: [1, 2] } };
test(
  'valid with rules of failure',
  job,
  failing(code, { action: 'Count', onPodConditions: [{ type: 'DisruptionTarget' }] }),
);
for (const [title, given, ...expected] of [
  [
    'of no action',
    { ...code, action: '' },
    `${rule}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`,
  ],
  [
    'of an unknown action',
    { ...code, action: 'x' },
    `${rule}.action: Unsupported value: "x": supported values: "Count", "FailIndex", "FailJob", "Ignore"`,
  ],
  [
    'of indexes without a limit',
    { ...code, action: 'FailIndex' },
    `${rule}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`,
  ],
  [
    'of nothing',
    { action: 'Ignore' },
    `${rule}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
  ],
  [
    'of both',
    { ...code, onPodConditions: [{ type: 'A' }] },
    `${rule}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported`,
  ],
  [
    'of no operator',
    { ...code, onExitCodes: { values: [1] } },
    `${rule}.onExitCodes.operator: Required value: valid values: ["In" "NotIn"]`,
  ],
  [
    'of no codes',
    { ...code, onExitCodes: { operator: 'In', values: [] } },
    `${rule}.onExitCodes.values: Invalid value: []: at least one value is required`,
  ],
  [
    'of success',
    { ...code, onExitCodes: { operator: 'In', values: [0] } },
    `${rule}.onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator`,
  ],
  [
    'of a code twice',
    { ...code, onExitCodes: { operator: 'NotIn', values: [3, 3] } },
    `${rule}.onExitCodes.values[1]: Duplicate value: 3`,
  ],
  [
    'of codes in disorder',
    { ...code, onExitCodes: { operator: 'In', values: [3, 1] } },
    `${rule}.onExitCodes.values: Invalid value: [3,1]: must be ordered`,
  ],
  [
    'of an unknown container',
    { ...code, onExitCodes: { ...code.onExitCodes, containerName: 'x' } },
    `${rule}.onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template`,
  ],
  [
    'of a condition that is neither',
    { action: 'Count', onPodConditions: [{ type: 'A', status: 'x' }] },
    `${rule}.onPodConditions[0].status: Unsupported value: "x": supported values: "False", "True", "Unknown"`,
  ],
] as const) {
  test(`refused with a rule of failure ${title}`, job, failing(given), ...expected);
}
test(
  'refused with 21 rules of failure',
  job,
  failing(...Array(21).fill(code)),
  'spec.podFailurePolicy.rules: Too many: 21: must have at most 20 items',
);
test(
  'refused where pods are replaced before they have failed',
  job,
  { spec: { ...failing(code).spec, podReplacementPolicy: 'TerminatingOrFailed' } },
  'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
);

const done = (...rules: readonly object[]) => ({ spec: { successPolicy: { rules } } });
const success = 'spec.successPolicy.rules[0]';
test('valid with a rule of success', indexed, done({ succeededIndexes: '0,2-4', succeededCount: 3 }));
test(
  'refused with a rule of success without indexes',
  job,
  done({ succeededCount: 1 }),
  /^spec\.successPolicy: Invalid value: .*: requires indexed completion mode$/,
);
for (const [title, given, ...expected] of [
  [
    'no rule',
    [],
    'spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified',
  ],
  [
    'a rule of nothing',
    [{}],
    `${success}: Required value: at least one of succeededCount or succeededIndexes must be specified`,
  ],
  [
    'more than there are',
    [{ succeededCount: 6 }],
    `${success}.succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)`,
  ],
  [
    'more than it names',
    [{ succeededCount: 2, succeededIndexes: '1' }],
    `${success}.succeededCount: Invalid value: 2: must be less than or equal to 1 (the number of indexes in the specified succeededIndexes field)`,
  ],
  [
    'what is no index',
    [{ succeededIndexes: 'x' }],
    `${success}.succeededIndexes: Invalid value: "x": error parsing succeededIndexes: cannot convert string to integer for index: "x"`,
  ],
] as const) {
  test(`refused with success by ${title}`, indexed, done(...given), ...expected);
}

const counts = test.macro<[string, number | string]>({
  title: (_, text) => `countIndexes() reads ${text || 'nothing'}`,
  exec: (t, text, expected) => t.is(countIndexes(text, 10), expected),
});
test(counts, '', 0);
test(counts, '0,3-5', 4);
test(counts, '10', 'too large index: "10"');
test(counts, '3-1', 'non-increasing order, previous: 3, current: 1');
test(counts, '2,2', 'non-increasing order, previous: 2, current: 2');
test(
  counts,
  '1-2-3',
  `the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`,
);
test('sharedIndex() finds the first index of both', (t) => {
  t.is(sharedIndex('0,2-4', '1,4-6', 10), 4);
  t.is(sharedIndex('0-1,5', '2-4', 10), undefined);
});

const asleep = { ...base, spec: { ...base.spec, suspend: true } };
const moved = {
  spec: {
    template: {
      spec: { nodeSelector: { a: 'b' }, containers: [{ ...pod.containers[0], resources: { requests: { cpu: '1' } } }] },
    },
  },
};
test('may move while it sleeps', updates('batch', 'Job', asleep), moved);
test('may not move awake', updates('batch', 'Job', base), moved, /^spec\.template: .*: field is immutable$/);
test(
  'keeps how its pods stand to each other',
  updates('batch', 'Job', asleep),
  {
    spec: {
      template: {
        spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a' }] } } },
      },
    },
  },
  /^spec\.template: .*: field is immutable$/,
);

const cron = { metadata, spec: { schedule: '* * * * *', jobTemplate: { spec: base.spec } } };
const crons = validates('batch', 'CronJob', cron);
const zoned = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
test(
  'refused with a zone in its schedule',
  crons,
  { spec: { schedule: 'TZ=UTC * * * * *' } },
  `spec.schedule: Invalid value: "TZ=UTC * * * * *": ${zoned}`,
);
const old = updates('batch', 'CronJob', { ...cron, spec: { ...cron.spec, schedule: 'TZ=UTC 0 * * * *' } });
test('keeps an old zone in its schedule', old, { spec: { schedule: 'CRON_TZ=UTC 1 * * * *' } });
test(
  'takes no second zone',
  old,
  { spec: { timeZone: 'UTC' } },
  /^spec\.schedule: .*: cannot use both timeZone field and TZ or CRON_TZ in schedule$/,
);
for (const timeZone of ['america/new_york', 'America/New York', '-Zone', 'a//b', 'Continent/Zone']) {
  test(
    `refused in the zone ${timeZone}`,
    crons,
    { spec: { timeZone } },
    `spec.timeZone: Invalid value: "${timeZone}": unknown time zone ${timeZone}`,
  );
}
