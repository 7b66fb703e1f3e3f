// What upstream's own tests of autoscalers refuse and take.
import test from 'ava';
import { validates } from '../testing.ts';

const metric = (type: string, field: string, source: object) => ({ type, [field]: source });
const average = { type: 'AverageValue', averageValue: '1' };
const cpu = metric('Resource', 'resource', { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } });
const external = metric('External', 'external', { metric: { name: 'm' }, target: { type: 'Value', value: '1' } });
const object = metric('Object', 'object', {
  describedObject: { kind: 'Service', name: 's' },
  metric: { name: 'm' },
  target: { type: 'Value', value: '1' },
});
const pods = metric('Pods', 'pods', { metric: { name: 'm' }, target: average });
const container = metric('ContainerResource', 'containerResource', {
  name: 'cpu',
  container: 'web',
  target: { type: 'Utilization', averageUtilization: 70 },
});
const base = {
  metadata: { name: 'a', namespace: 'default' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    minReplicas: 1,
    maxReplicas: 5,
    metrics: [cpu, external, object, pods, container],
  },
};
const scaler = validates('autoscaling', 'HorizontalPodAutoscaler', base);
test('valid by metrics of every kind', scaler, {});
test('valid down to none by what is outside', scaler, { spec: { minReplicas: 0, metrics: [external] } });
test(
  'refused down to none by what its pods take',
  scaler,
  { spec: { minReplicas: 0, metrics: [cpu] } },
  'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
);
test(
  'refused down to fewer than none',
  scaler,
  { spec: { minReplicas: -1 } },
  'spec.minReplicas: Invalid value: -1: must be greater than or equal to 0',
);
test(
  'refused with a target that is no name',
  scaler,
  { spec: { scaleTargetRef: { kind: '..', name: 'a/b' } } },
  `spec.scaleTargetRef.kind: Invalid value: "..": may not be '..'`,
  `spec.scaleTargetRef.name: Invalid value: "a/b": may not contain '/'`,
);

const first = 'spec.metrics[0]';
const known = 'supported values: "ContainerResource", "External", "Object", "Pods", "Resource"';
const positive = 'must be positive';
const differs = (metric: object, field: string, source: object) => ({
  ...metric,
  [field]: { ...(metric as Record<string, object>)[field], ...source },
});
for (const [title, given, ...expected] of [
  [
    'of no type',
    { resource: cpu['resource'] },
    `${first}.type: Required value: must specify a metric source type`,
    ...Array(2).fill(`${first}.type: Unsupported value: "": ${known}`),
  ],
  ['of an unknown type', { type: 'x' }, ...Array(2).fill(`${first}.type: Unsupported value: "x": ${known}`)],
  [
    'without its source',
    { type: 'Pods' },
    `${first}.pods: Required value: must populate information for the given metric source`,
  ],
  [
    'with two sources',
    { ...cpu, pods: pods['pods'] },
    `${first}.pods: Forbidden: must populate the given metric source only`,
  ],
  [
    'of a resource without a name',
    differs(cpu, 'resource', { name: '' }),
    `${first}.resource.name: Required value: must specify a resource name`,
  ],
  [
    'of a share of nothing',
    differs(cpu, 'resource', { target: { type: 'Utilization', averageUtilization: 0 } }),
    `${first}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`,
  ],
  [
    'of a resource without a target',
    differs(cpu, 'resource', { target: { type: 'Utilization' } }),
    `${first}.resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization`,
  ],
  [
    'of a resource by two targets',
    differs(cpu, 'resource', { target: { type: 'Utilization', averageUtilization: 1, averageValue: '1' } }),
    `${first}.resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization`,
  ],
  [
    'of a target without a type',
    differs(pods, 'pods', { target: { averageValue: '1' } }),
    `${first}.pods.target.type: Required value: must specify a metric target type`,
    `${first}.pods.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue`,
  ],
  [
    'of pods without an average',
    differs(pods, 'pods', { target: { type: 'Value', value: '1' } }),
    `${first}.pods.target.averageValue: Required value: must specify a positive target averageValue`,
  ],
  [
    'of pods by less than nothing',
    differs(pods, 'pods', { target: { type: 'AverageValue', averageValue: '-1' } }),
    `${first}.pods.target.averageValue: Invalid value: "-1": ${positive}`,
  ],
  [
    'of no name',
    differs(pods, 'pods', { metric: {} }),
    `${first}.pods.metric.name: Required value: must specify a metric name`,
  ],
  [
    'of a name that is none',
    differs(pods, 'pods', { metric: { name: 'a/b' } }),
    `${first}.pods.metric.name: Invalid value: "a/b": may not contain '/'`,
  ],
  [
    'of an object without a target',
    differs(object, 'object', { target: { type: 'Value' } }),
    `${first}.object.target.averageValue: Required value: must set either a target value or averageValue`,
  ],
  [
    'of an object without a name',
    differs(object, 'object', { describedObject: { kind: 'a' } }),
    `${first}.object.describedObject.name: Required value`,
  ],
  [
    'from outside without a target',
    differs(external, 'external', { target: { type: 'Value' } }),
    `${first}.external.target.averageValue: Required value: must set either a target value for metric or a per-pod target`,
  ],
  [
    'from outside by two targets',
    differs(external, 'external', { target: { type: 'Value', value: '1', averageValue: '1' } }),
    `${first}.external.target.value: Forbidden: may not set both a target value for metric and a per-pod target`,
  ],
  [
    'of no container',
    differs(container, 'containerResource', { container: '' }),
    `${first}.containerResource.container: Required value: must specify a container`,
  ],
] as const) {
  test(`refused by a metric ${title}`, scaler, { spec: { metrics: [given] } }, ...(expected as readonly string[]));
}

const rules = (scaleUp: object) => ({ spec: { behavior: { scaleUp } } });
const up = 'spec.behavior.scaleUp';
const policy = { type: 'Pods', value: 1, periodSeconds: 1800 };
test(
  'valid with rules of its own',
  scaler,
  rules({ stabilizationWindowSeconds: 3600, selectPolicy: 'Disabled', policies: [policy], tolerance: '0.1' }),
);
for (const [title, given, expected] of [
  [
    'a window below zero',
    { stabilizationWindowSeconds: -1 },
    `${up}.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero`,
  ],
  [
    'a window of more than an hour',
    { stabilizationWindowSeconds: 3601 },
    `${up}.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600`,
  ],
  [
    'an unknown choice',
    { selectPolicy: 'x' },
    `${up}.selectPolicy: Unsupported value: "x": supported values: "Disabled", "Max", "Min"`,
  ],
  ['no policy', { policies: [] }, `${up}.policies: Required value: must specify at least one Policy`],
  [
    'an unknown policy',
    { policies: [{ ...policy, type: 'x' }] },
    `${up}.policies[0].type: Unsupported value: "x": supported values: "Percent", "Pods"`,
  ],
  [
    'a policy of nothing',
    { policies: [{ ...policy, value: 0 }] },
    `${up}.policies[0].value: Invalid value: 0: must be greater than zero`,
  ],
  [
    'a policy of no time',
    { policies: [{ ...policy, periodSeconds: 0 }] },
    `${up}.policies[0].periodSeconds: Invalid value: 0: must be greater than zero`,
  ],
  [
    'a policy of a long time',
    { policies: [{ ...policy, periodSeconds: 1801 }] },
    `${up}.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800`,
  ],
  [
    'a tolerance below zero',
    { tolerance: '-1' },
    `${up}.tolerance: Invalid value: "-1": must be greater than or equal to 0`,
  ],
] as const) {
  test(`refused with ${title}`, scaler, rules(given), expected);
}
