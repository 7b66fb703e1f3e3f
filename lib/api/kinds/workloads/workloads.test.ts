import test from 'ava';
import type { KubeObject } from '../../resource.ts';
import { rulesOf } from '../rules.ts';
import { created, shows, updates, validates } from '../testing.ts';
import { wrongSchedule } from './schedule.ts';

const nowMs = Date.parse('2026-01-01T01:00:00Z');
const creationTimestamp = '2026-01-01T00:00:00Z';
const metadata = { name: 'a', namespace: 'default' };
const labels = { app: 'a' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } };
const base = { metadata, spec: { selector: { matchLabels: labels }, template } };

test('Deployment defaults are those of upstream', (t) => {
  const { template: filled, ...spec } = created('apps', 'Deployment', base)['spec'] as { template: { spec: object } };
  t.deepEqual(spec, {
    selector: { matchLabels: labels },
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
  });
  t.like(filled.spec, { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', securityContext: {} });
  t.false('enableServiceLinks' in filled.spec);
});

const deployment = validates('apps', 'Deployment', base);
test('valid', deployment, {});
test(
  'refused without a selector, which selects nothing',
  deployment,
  { spec: { selector: undefined } },
  'spec.selector: Required value',
  'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
);
test(
  'refused with an empty selector',
  deployment,
  { spec: { selector: { matchLabels: undefined } } },
  'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
);
test(
  'refused where its selector misses its pods',
  deployment,
  { spec: { selector: { matchLabels: { app: 'b' } } } },
  'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
);
test(
  'refused with negative replicas',
  deployment,
  { spec: { replicas: -1 } },
  'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
);
test(
  'refused where nothing may move',
  deployment,
  { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } } },
  'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
);
test(
  'refused with a share that is none',
  deployment,
  { spec: { strategy: { rollingUpdate: { maxSurge: 'x' } } } },
  /^spec\.strategy\.rollingUpdate\.maxSurge: Invalid value: "x": a valid percent string must be/,
);
test(
  'refused with a rolling update of Recreate',
  deployment,
  { spec: { strategy: { type: 'Recreate', rollingUpdate: {} } } },
  "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
);
test(
  'refused with pods that end',
  deployment,
  { spec: { template: { spec: { restartPolicy: 'Never' } } } },
  'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
);
test(
  'refused with a deadline before it is available',
  deployment,
  { spec: { minReadySeconds: 600 } },
  'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
);

const redeploy = updates('apps', 'Deployment', base);
test('may change its template', redeploy, {
  spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } } },
});
test(
  'may not change its selector',
  redeploy,
  { spec: { selector: { matchLabels: { app: 'b' } }, template: { metadata: { labels: { app: 'b' } } } } },
  /^spec\.selector: Invalid value: \{"matchLabels":\{"app":"b"\}\}: field is immutable/,
);

test(
  'shows',
  shows('apps', 'Deployment', { ...base, metadata: { ...metadata, creationTimestamp } }, nowMs),
  { spec: { replicas: 3 }, status: { readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 } },
  { Ready: '2/3', 'Up-to-date': 1, Available: 2, Age: '60m', Containers: 'web', Images: 'nginx:1', Selector: 'app=a' },
);
test(
  'an empty state',
  shows('apps', 'ReplicaSet', base, nowMs),
  {},
  { Desired: 0, Current: 0, Ready: 0, Age: '<unknown>' },
);
test(
  'its node selector',
  shows('apps', 'DaemonSet', base, nowMs),
  { spec: { template: { spec: { nodeSelector: { b: '2', a: '1' } } } }, status: { desiredNumberScheduled: 4 } },
  { Desired: 4, 'Node Selector': 'a=1,b=2' },
);

const daemons = validates('apps', 'DaemonSet', base);
test('valid', daemons, {});
test(
  'refused with an unknown strategy',
  daemons,
  { spec: { updateStrategy: { type: 'x' } } },
  /^spec\.updateStrategy: Unsupported value: "x"/,
);

const set = {
  ...base,
  spec: {
    ...base.spec,
    serviceName: 's',
    volumeClaimTemplates: [
      {
        metadata: { name: 'v' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
  },
};
test('StatefulSet defaults are those of upstream', (t) => {
  t.like(created('apps', 'StatefulSet', set)['spec'], {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    revisionHistoryLimit: 10,
  });
});
test('valid', validates('apps', 'StatefulSet', set), {});
const stateful = updates('apps', 'StatefulSet', set);
test('may scale', stateful, { spec: { replicas: 5 } });
test(
  'may not change its service',
  stateful,
  { spec: { serviceName: 'x' } },
  /^spec: Forbidden: updates to statefulset spec for fields other than 'replicas'/,
);

const jobBase = {
  metadata: { ...metadata, uid: 'u1' },
  spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } },
};
test('Job selects its own pods by its uid', (t) => {
  const { spec } = created('batch', 'Job', jobBase) as unknown as {
    spec: { selector: object; template: { metadata: object } };
  };
  t.deepEqual(spec.selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u1' } });
  t.deepEqual(spec.template.metadata, {
    labels: {
      'batch.kubernetes.io/controller-uid': 'u1',
      'batch.kubernetes.io/job-name': 'a',
      'controller-uid': 'u1',
      'job-name': 'a',
    },
  });
  t.like(spec, {
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: 'TerminatingOrFailed',
  });
});
const jobs = validates('batch', 'Job', jobBase);
test('valid', jobs, {});
test(
  'refused with pods that never end',
  jobs,
  { spec: { template: { spec: { restartPolicy: 'Always' } } } },
  'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
);
test(
  'refused as indexed without completions',
  jobs,
  { spec: { completionMode: 'Indexed', parallelism: 2 } },
  'spec.completions: Required value: when completion mode is Indexed',
);
const rejob = updates('batch', 'Job', jobBase);
test('may change its parallelism', rejob, { spec: { parallelism: 3 } });
test(
  'may not change its completions',
  rejob,
  { spec: { completions: 3 } },
  /^spec\.completions: Invalid value: 3: field is immutable/,
);
test(
  'may not change its template',
  rejob,
  { spec: { template: { spec: { containers: [{ name: 'web', image: 'x' }] } } } },
  /^spec\.template: Invalid value: .*: field is immutable/,
);
const jobRow = shows('batch', 'Job', { ...jobBase, spec: { ...jobBase.spec, completions: 3 } }, nowMs);
test(
  'completion',
  jobRow,
  {
    status: {
      succeeded: 3,
      startTime: creationTimestamp,
      completionTime: '2026-01-01T00:01:30Z',
      conditions: [{ type: 'Complete', status: 'True' }],
    },
  },
  { Status: 'Complete', Completions: '3/3', Duration: '90s' },
);
test(
  'a job under way',
  jobRow,
  { status: { succeeded: 1, startTime: creationTimestamp } },
  { Status: 'Running', Completions: '1/3', Duration: '60m' },
);

const cron = { metadata, spec: { schedule: '*/5 * * * *', jobTemplate: { spec: jobBase.spec } } };
test('CronJob defaults are those of upstream', (t) => {
  const { spec } = created('batch', 'CronJob', cron) as unknown as { spec: { jobTemplate: { spec: object } } };
  t.like(spec, {
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  t.false('backoffLimit' in spec.jobTemplate.spec);
});
const crons = validates('batch', 'CronJob', cron);
test('valid', crons, {});
test(
  'refused with three fields',
  crons,
  { spec: { schedule: '* * *' } },
  'spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]',
);
test(
  'refused with an unknown time zone',
  crons,
  { spec: { timeZone: 'Mars/Base' } },
  'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base',
);
for (const [timeZone, why] of [
  ['', 'timeZone must be nil or non-empty string'],
  ['local', 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'],
  ['+01:00', 'unknown time zone +01:00'],
]) {
  const message = `spec.timeZone: Invalid value: "${timeZone}": ${why}`;
  test(`refused with the time zone "${timeZone}"`, crons, { spec: { timeZone } }, message);
}
test('refused with a long name', crons, { metadata: { name: 'a'.repeat(53) } }, /must be no more than 52 characters/);

for (const text of ['* * * * *', '0 0 1 jan sun', '1-5/2,7 */3 ? * 0-6', '@daily', '@every 1h30m']) {
  test(`wrongSchedule() takes ${text}`, (t) => {
    t.deepEqual(wrongSchedule(text), []);
  });
}
for (const text of [
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '5-1 * * * *',
  '*/0 * * * *',
  'a * * * *',
  '@x',
  '* * * * 7',
  'TZ=Mars/Base * * * * *',
]) {
  test(`wrongSchedule() refuses ${text}`, (t) => {
    t.is(wrongSchedule(text).length, 1);
  });
}

test('ReplicationController takes its labels and selector from its template', (t) => {
  const object = created('', 'ReplicationController', { metadata, spec: { template } });
  t.deepEqual(object.metadata.labels, labels);
  t.like(object['spec'], { selector: labels, replicas: 1 });
  t.deepEqual(rulesOf('', 'ReplicationController').validate(object), []);
});

test('A job without a name is refused, not choked on', (t) => {
  const job = created('batch', 'Job', { metadata: {}, spec: {} });
  t.notThrows(() => rulesOf('batch', 'Job').validate(job as KubeObject));
});
