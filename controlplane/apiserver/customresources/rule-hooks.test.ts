import test from 'ava';
import { StatusError } from '#lib/api/status.ts';
import { createMetrics } from '#lib/metrics.ts';
import { createLoadCel } from '../cel/load-cel.ts';
import { createRuleHooks } from './rule-hooks.ts';

const hooks = createRuleHooks(createLoadCel(createMetrics()));

async function refusal(rule: string, type = 'integer'): Promise<readonly string[]> {
  const x = { type, 'x-kubernetes-validations': [{ rule }] };
  const schema = { openAPIV3Schema: { type: 'object', properties: { x } } };
  const names = { plural: 'tabs', singular: 'tab', kind: 'Tab', listKind: 'TabList' };
  const versions = [{ name: 'v1', served: true, storage: true, schema }];
  const spec = { group: 'example.com', scope: 'Namespaced', names, versions };
  try {
    await hooks.begin({ metadata: { name: 'tabs.example.com' }, spec } as never, undefined, false);
    return [];
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return (error.status.details?.causes ?? []).map(({ field }) => field ?? '');
  }
}

test('A rule that is none is refused where clients look for it', async (t) => {
  t.deepEqual(await refusal('self >'), [
    'spec.validation.openAPIV3Schema.properties[x].x-kubernetes-validations[0].rule',
  ]);
  t.deepEqual(await refusal('self > 0'), []);
});

test('Rules of a schema that is none are not looked at', async (t) => {
  t.deepEqual(await refusal('self >', 'nonsense'), []);
});
