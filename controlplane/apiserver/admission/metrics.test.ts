import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { type Attributes, createAdmission, type Plugin } from './admission.ts';
import { measured, stepsMeasured } from './metrics.ts';

const { signal } = new AbortController();
const create = { operation: 'CREATE' } as Attributes;

/** What is counted of a creation that passes these plugins; each look at the clock takes 10 ms. */
async function countsOf(...plugins: readonly Plugin[]): Promise<string> {
  const metrics = createMetrics();
  let ms = 0;
  const now = () => (ms += 10);
  const chain = stepsMeasured(createAdmission(measured(plugins, metrics, now)), metrics, now);
  await chain
    .mutate(create, signal)
    .then(() => chain.validate(create, signal))
    .catch(() => {});
  return metrics.render();
}

test('stepsMeasured() takes the time of all plugins together, by step', async (t) => {
  const text = await countsOf(
    { name: 'a', mutate: () => {} },
    { name: 'b', mutate: async () => {}, validate: () => {} },
  );
  const name = 'apiserver_admission_step_admission_duration_seconds';
  t.true(text.includes(`${name}_count{operation="CREATE",rejected="false",type="admit"} 1\n`));
  t.true(text.includes(`${name}_count{operation="CREATE",rejected="false",type="validate"} 1\n`));
  t.true(text.includes(`${name}_sum{operation="CREATE",rejected="false",type="validate"} 0.03\n`));
  t.true(text.includes(`${name}_bucket{operation="CREATE",rejected="false",type="admit",le="0.025"} 0\n`));
});

test('stepsMeasured() and measured() tell what was rejected', async (t) => {
  const refuse = () => {
    throw new Error('no');
  };
  const text = await countsOf({ name: 'a', mutate: () => {} }, { name: 'b', mutate: refuse, validate: () => {} });
  t.true(
    text.includes(
      'apiserver_admission_step_admission_duration_seconds_count{operation="CREATE",rejected="true",type="admit"} 1\n',
    ),
  );
  const controller = 'apiserver_admission_controller_admission_duration_seconds_count';
  t.true(text.includes(`${controller}{name="a",operation="CREATE",rejected="false",type="admit"} 1\n`));
  t.true(text.includes(`${controller}{name="b",operation="CREATE",rejected="true",type="admit"} 1\n`));
  t.false(text.includes('type="validate"'));
});
