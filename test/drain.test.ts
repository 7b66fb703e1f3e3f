// A node is drained through the real server, in this process: evictions, and budgets that forbid them for a while.
import test from 'ava';
import { nodes, podDisruptionBudgets, pods, serviceAccounts } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { createClock } from '#lib/clock.ts';
import { type DrainOptions, drainNode } from '../cli/drain/drain.ts';
import { startTestServer, type TestServer } from '../controlplane/testing.ts';

const clock = createClock();
let server: TestServer;

test.before(async () => {
  server = await startTestServer();
  await server.client.create(serviceAccounts, { metadata: { name: 'default', namespace: 'default' } }, soon());
});
test.after.always(() => server.close());

const soon = () => AbortSignal.timeout(20_000);
const containers = [{ name: 'c', image: 'i' }];

async function make(nodeName: string, name: string, labels: Readonly<Record<string, string>>): Promise<Pod> {
  const metadata = { name, namespace: 'default', labels };
  const spec = { nodeName, containers, terminationGracePeriodSeconds: 0, automountServiceAccountToken: false };
  const draft = { metadata, spec };
  await server.client.create(pods, draft, soon());
  const conditions = [{ type: 'Ready', status: 'True' }];
  const patch = { type: 'merge', body: { status: { phase: 'Running', conditions } } } as const;
  return await server.client.patch(pods, { namespace: 'default', name }, patch, soon(), { subresource: 'status' });
}

function drain(nodeName: string, said: string[], difference: Partial<DrainOptions> = {}): Promise<void> {
  const rules = { force: true, deleteEmptyDirData: false };
  const say = (line: string) => said.push(line);
  return drainNode({ client: server.client, nodeName, clock, say, ...rules, ...difference }, soon());
}

test('drainNode() refuses before it evicts anything', async (t) => {
  await server.client.create(nodes, { metadata: { name: 'n1' } }, soon());
  await make('n1', 'alone', {});
  const said: string[] = [];
  const error = await t.throwsAsync(drain('n1', said, { force: false }));
  t.regex(error!.message, /these may not go:\n {2}default\/alone: nothing would make it anew/);
  t.true((await server.client.get(nodes, { name: 'n1' }, soon())).spec.unschedulable);
  t.is(
    (await server.client.get(pods, { namespace: 'default', name: 'alone' }, soon())).metadata.deletionTimestamp,
    undefined,
  );
});

test('drainNode() waits for a budget, and goes on when it allows', async (t) => {
  await server.client.create(nodes, { metadata: { name: 'n2' } }, soon());
  await make('n2', 'kept', { app: 'kept' });
  const budget = await server.client.create(
    podDisruptionBudgets,
    {
      metadata: { name: 'kept', namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'kept' } } },
    },
    soon(),
  );
  const said: string[] = [];
  const drained = drain('n2', said);
  for (const until = soon(); !said.some((line) => line.startsWith('Waiting')); ) await clock.sleep(20, until);
  t.is(
    (await server.client.get(pods, { namespace: 'default', name: 'kept' }, soon())).metadata.deletionTimestamp,
    undefined,
  );
  await server.client.delete(podDisruptionBudgets, { namespace: 'default', name: budget.metadata.name }, soon());
  await drained;
  t.deepEqual(said.at(-1), 'Evicted default/kept');
});
