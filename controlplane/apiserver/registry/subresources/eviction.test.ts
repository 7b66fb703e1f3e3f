import test from 'ava';
import { createLab, type Lab } from '../testing.ts';

const at = (name: string) => ({ namespace: 'default', name });

/** With a pod `p`, ready if not told otherwise, and budgets with these statuses. */
async function labWith(budgets: readonly object[], { isReady = true, spec = {} } = {}): Promise<Lab> {
  const lab = await createLab();
  const pod = { metadata: { name: 'p', labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await lab.ask('create', 'v1/pods', { namespace: 'default', body: pod });
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] };
  await lab.ask('patch', 'v1/pods/status', { ...at('p'), body: { status } });
  for (const [index, status] of budgets.entries()) {
    const name = `b${index}`;
    const body = { metadata: { name }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'a' } }, ...spec } };
    await lab.ask('create', 'policy/v1/poddisruptionbudgets', { namespace: 'default', body });
    const all = { observedGeneration: 1, expectedPods: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1 };
    const change = { body: { status: { ...all, ...status } } };
    await lab.ask('patch', 'policy/v1/poddisruptionbudgets/status', { ...at(name), ...change });
  }
  return lab;
}

function evict(lab: Lab, deleteOptions?: object, query = '') {
  const body = { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name: 'p' }, deleteOptions };
  return lab.ask('create', 'v1/pods/eviction', { ...at('p'), body, query });
}

const codeOf = async (lab: Lab) => (await lab.ask('get', 'v1/pods', at('p'))).code;
const stopped = { type: 'DisruptionAllowed', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' };
const denied = "Cannot evict pod as it would violate the pod's disruption budget.";

const refuses = test.macro<[object, string, number?]>({
  title: (title) => `An eviction is refused ${title}`,
  async exec(t, status, message, retryAfterSeconds) {
    await using lab = await labWith([status]);
    const { code, body } = await evict(lab);
    t.is(code, 429);
    t.is(body.message, denied);
    t.deepEqual(body.details.causes, [{ reason: 'DisruptionBudget', message }]);
    t.is(body.details.retryAfterSeconds, retryAfterSeconds);
    t.is(await codeOf(lab), 200);
  },
});
test('by a budget that is used up', refuses, {}, 'The disruption budget b0 needs 1 healthy pods and has 1 currently');
test(
  'by a budget that nobody has looked at',
  refuses,
  { observedGeneration: 0 },
  'The disruption budget b0 is still being processed by the server.',
  10,
);
test(
  'by a budget that could not be worked out',
  refuses,
  { conditions: [{ ...stopped, reason: 'SyncFailed', message: 'no scale' }] },
  'The disruption budget b0 does not allow evicting pods currently because it failed sync: no scale',
);
test(
  'by a budget that says why',
  refuses,
  {
    currentHealthy: 2,
    conditions: [{ ...stopped, reason: 'Other', message: 'not now' }],
  },
  'The disruption budget b0 does not allow evicting pods currently (Other): not now',
);
test(
  'by a budget that says nothing',
  refuses,
  { currentHealthy: 2 },
  'The disruption budget b0 does not allow evicting pods currently',
);

test('Several budgets are an error of nobody', async (t) => {
  await using lab = await labWith([{ disruptionsAllowed: 1 }, { disruptionsAllowed: 1 }]);
  const { code, body } = await evict(lab);
  t.is(code, 500);
  t.like(body, {
    status: 'Failure',
    message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    code: 500,
  });
  t.is(body.reason, undefined);
});

test('A budget that can give no more says so', async (t) => {
  await using lab = await labWith([{ disruptionsAllowed: 1, currentHealthy: 2 }]);
  t.is((await evict(lab)).code, 201);
  const { status } = (await lab.ask('get', 'policy/v1/poddisruptionbudgets', at('b0'))).body;
  t.like(status, { disruptionsAllowed: 0, disruptedPods: { p: '2026-01-01T00:00:00Z' } });
  t.like(status.conditions[0], { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' });
});

test('A pod that is not ready goes by its own rules', async (t) => {
  await using short = await labWith([{ currentHealthy: 0 }], { isReady: false });
  t.is((await evict(short)).code, 429);
  await using healthy = await labWith([{}], { isReady: false });
  t.is((await evict(healthy)).code, 201);
  const always = { isReady: false, spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } };
  await using any = await labWith([{ currentHealthy: 0 }], always);
  t.is((await evict(any)).code, 201);
});

test('A dry run evicts nothing and takes nothing', async (t) => {
  await using lab = await labWith([{ disruptionsAllowed: 1 }]);
  t.is((await evict(lab, undefined, 'dryRun=All')).code, 201);
  t.is((await evict(lab, { dryRun: ['All'] })).code, 201);
  t.is(await codeOf(lab), 200);
  const { status } = (await lab.ask('get', 'policy/v1/poddisruptionbudgets', at('b0'))).body;
  t.is(status.disruptionsAllowed, 1);
});

test('Preconditions hold, and are kept to', async (t) => {
  await using lab = await labWith([]);
  const { metadata } = (await lab.ask('get', 'v1/pods', at('p'))).body;
  const other = await evict(lab, { preconditions: { uid: 'x' } });
  t.is(other.code, 409);
  t.is(
    other.body.message,
    `Operation cannot be fulfilled on Pod "p": the UID in the precondition (x) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
  );
  const older = await evict(lab, { preconditions: { resourceVersion: '1' } });
  t.is(
    older.body.message,
    `Operation cannot be fulfilled on Pod "p": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
  );
  const { uid, resourceVersion } = metadata;
  t.is((await evict(lab, { preconditions: { uid, resourceVersion } })).code, 201);
  t.is(await codeOf(lab), 404);
});

test('An eviction names its pod', async (t) => {
  await using lab = await labWith([]);
  const body = { kind: 'Eviction', apiVersion: 'policy/v1', metadata: {} };
  const { code, body: said } = await lab.ask('create', 'v1/pods/eviction', { ...at('p'), body });
  t.is(code, 400);
  t.is(said.message, 'name in URL does not match name in Eviction object');
});
