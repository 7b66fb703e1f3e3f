// Which expressions of a policy or a webhook are compiled before they are stored: not the conditions that stay.
import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { createLoadCel } from '../../cel/load-cel.ts';
import type { Attributes } from '../admission.ts';
import { createExpressionChecks } from './check.ts';

const expressionChecks = createExpressionChecks(createLoadCel(createMetrics()));

const broken = { name: 'a', expression: 'object.' };
const sound = { name: 'a', expression: 'true' };

interface Case {
  readonly resource: string;
  readonly old: object | undefined;
  readonly next: object;
}

async function wrongOf({ resource, old, next }: Case): Promise<string> {
  const named = (object: object) => ({ metadata: { name: 'x' }, ...object });
  const attributes = {
    operation: old === undefined ? 'CREATE' : 'UPDATE',
    group: 'admissionregistration.k8s.io',
    kind: 'Any',
    resource,
    subresource: '',
    name: 'x',
    object: named(next),
    ...(old === undefined ? {} : { oldObject: named(old) }),
  } as unknown as Attributes;
  try {
    await expressionChecks.validate?.(attributes, new AbortController().signal);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

for (const [resource, by] of [
  ['validatingwebhookconfigurations', (condition: object) => ({ webhooks: [{ matchConditions: [condition] }] })],
  ['mutatingwebhookconfigurations', (condition: object) => ({ webhooks: [{ matchConditions: [condition] }] })],
  ['validatingadmissionpolicies', (condition: object) => ({ spec: { matchConditions: [condition] } })],
  ['mutatingadmissionpolicies', (condition: object) => ({ spec: { matchConditions: [condition] } })],
] as const) {
  test(`A condition of ${resource} that is none is kept, and neither new nor changed`, async (t) => {
    const why = /matchConditions\[0\]\.expression: Invalid value: .*compilation failed/;
    t.is(await wrongOf({ resource, old: by(broken), next: by(broken) }), '');
    t.regex(await wrongOf({ resource, old: undefined, next: by(broken) }), why);
    t.regex(await wrongOf({ resource, old: by(sound), next: by(broken) }), why);
  });
}

test('A condition is judged anew once it gets to know a parameter', async (t) => {
  const resource = 'validatingadmissionpolicies';
  const old = { spec: { matchConditions: [broken] } };
  const next = { spec: { matchConditions: [broken], paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } } };
  t.regex(await wrongOf({ resource, old, next }), /matchConditions\[0\]/);
});
