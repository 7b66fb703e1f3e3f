// Workloads stored under older rules: they can still be changed as long as what is wrong was wrong before.
import test from 'ava';
import type { KubeObject } from '../../resource.ts';
import { rulesOf } from '../rules.ts';
import { created, differing } from '../testing.ts';

const metadata = { name: 'a', namespace: 'default', uid: 'u1' };
const labels = { app: 'a' };
const must = 'requiredDuringSchedulingIgnoredDuringExecution';
const expression = { key: 'app', operator: 'NotIn', values: ['-1'] };
const affinity = {
  podAffinity: { [must]: [{ topologyKey: 'zone', labelSelector: { matchExpressions: [expression] } }] },
};
const container = { name: 'web', image: 'nginx:1' };

function templateOf(spec: object): object {
  return { metadata: { labels }, spec: { containers: [container], ...spec } };
}

function texts(group: string, kind: string, before: unknown, after: unknown): readonly string[] {
  const rules = rulesOf(group, kind);
  const stored = created(group, kind, before) as KubeObject;
  const next = created(group, kind, after) as KubeObject;
  return rules.validateUpdate(next, stored).map(({ field, message }) => `${field}: ${message}`);
}

type Make = (spec: object) => object;
const selector = { matchLabels: labels };
const batch = { restartPolicy: 'Never' };
const kinds: readonly (readonly [group: string, kind: string, path: string, make: Make])[] = [
  [
    'apps',
    'Deployment',
    'spec.template.spec',
    (spec) => ({ metadata, spec: { selector, template: templateOf(spec) } }),
  ],
  [
    'apps',
    'ReplicaSet',
    'spec.template.spec',
    (spec) => ({ metadata, spec: { selector, template: templateOf(spec) } }),
  ],
  ['apps', 'DaemonSet', 'spec.template.spec', (spec) => ({ metadata, spec: { selector, template: templateOf(spec) } })],
  [
    'apps',
    'StatefulSet',
    'spec.template.spec',
    (spec) => ({ metadata, spec: { selector, template: templateOf(spec) } }),
  ],
  ['', 'ReplicationController', 'spec.template.spec', (spec) => ({ metadata, spec: { template: templateOf(spec) } })],
  ['', 'PodTemplate', 'template.spec', (spec) => ({ metadata, template: templateOf(spec) })],
  [
    'batch',
    'CronJob',
    'spec.jobTemplate.spec.template.spec',
    (spec) => ({
      metadata,
      spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template: templateOf({ ...spec, ...batch }) } } },
    }),
  ],
];

for (const [group, kind, path, make] of kinds) {
  const field = `${path}.affinity.podAffinity.${must}[0].labelSelector.matchExpressions[0].values[0]`;
  test(`${kind} keeps a selector that its template has`, (t) => {
    const [sound, wrong] = [make({}), make({ affinity })];
    const changed = differing(wrong, { metadata: { labels: { a: 'b' } } });
    t.deepEqual(texts(group, kind, wrong, changed), []);
    const [cause, ...more] = texts(group, kind, sound, wrong);
    t.true(cause?.startsWith(`${field}: Invalid value: "-1": a valid label must be`), cause);
    t.deepEqual(more, []);
  });
}

const job = (spec: object) => ({
  metadata,
  spec: { manualSelector: true, selector, template: templateOf({ ...batch, ...spec }) },
});

test('Job keeps a selector that its template has', (t) => {
  t.deepEqual(
    texts('batch', 'Job', job({ affinity }), differing(job({ affinity }), { spec: { backoffLimit: 3 } })),
    [],
  );
});

const wrongSelector = { spec: { selector: { matchExpressions: [expression] } } };
for (const [group, kind, base] of [
  ['batch', 'Job', job({})],
  ['apps', 'DaemonSet', { metadata, spec: { selector, template: templateOf({}) } }],
] as const) {
  test(`${kind} keeps a selector by values that no label has`, (t) => {
    const stored = differing(base, wrongSelector);
    t.deepEqual(texts(group, kind, stored, differing(stored, { metadata: { labels: { a: 'b' } } })), []);
    const causes = texts(group, kind, base, stored);
    t.true(
      causes[0]?.startsWith('spec.selector.matchExpressions[0].values[0]: Invalid value: "-1"'),
      causes.join('\n'),
    );
  });
}

test('Deployment keeps a cost of deletion that is none', (t) => {
  const base = { metadata, spec: { selector, template: templateOf({}) } };
  const cost = { 'controller.kubernetes.io/pod-deletion-cost': 'much' };
  const stored = differing(base, { spec: { template: { metadata: { annotations: cost } } } });
  t.deepEqual(texts('apps', 'Deployment', stored, differing(stored, { spec: { replicas: 3 } })), []);
  t.deepEqual(texts('apps', 'Deployment', base, stored), [
    'spec.template.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "much": must be a 32bit integer',
  ]);
});

test('StatefulSet keeps a name by which no pod can be called', (t) => {
  const base = { metadata: { ...metadata, name: 'a.b' }, spec: { selector, template: templateOf({}) } };
  t.deepEqual(texts('apps', 'StatefulSet', base, differing(base, { spec: { replicas: 3 } })), []);
  const causes = rulesOf('apps', 'StatefulSet').validate(created('apps', 'StatefulSet', base) as KubeObject);
  t.deepEqual(
    causes.map(({ field }) => field),
    ['metadata.name'],
  );
});

test('Job keeps the labels that it was given before these had prefixes', (t) => {
  const made = { metadata, spec: { suspend: true, template: templateOf(batch) } };
  const stored = created('batch', 'Job', made) as KubeObject;
  const older = differing(stored, {
    spec: {
      selector: { matchLabels: { 'controller-uid': 'u1', 'batch.kubernetes.io/controller-uid': undefined } },
      template: {
        metadata: {
          labels: { 'batch.kubernetes.io/controller-uid': undefined, 'batch.kubernetes.io/job-name': undefined },
        },
      },
    },
  }) as KubeObject;
  const rules = rulesOf('batch', 'Job');
  const fields = (next: unknown, previous: KubeObject) =>
    rules.validateUpdate(next as KubeObject, previous).map(({ field }) => field);
  t.deepEqual(fields(differing(older, { spec: { parallelism: 2 } }), older), []);
  const labelled = (name: string) => ({ spec: { template: { metadata: { labels: { [name]: 'b' } } } } });
  t.deepEqual(fields(differing(older, labelled('job-name')), older), ['spec.template.metadata.labels[job-name]']);
  const key = 'batch.kubernetes.io/job-name';
  t.deepEqual(fields(differing(stored, labelled(key)), stored), [`spec.template.metadata.labels[${key}]`]);
});
