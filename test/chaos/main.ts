// `npm run chaos`: the control plane is killed at random while workloads roll and scale, Jobs run and nodes come and go.
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { deployments, jobs, nodes, pods, replicaSets, statefulSets } from '#lib/api/resources.ts';
import type { Deployment, StatefulSet } from '#lib/api/types/apps.v1.ts';
import { connect } from '#lib/client/connect.ts';
import { createInformer, type Informer } from '#lib/client/informer.ts';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { doubleRuns, isLive, mostPods, notConverged, type Seen } from './judge.ts';
import { groups, nodesPerGroup, startMachinery } from './processes.ts';
import { createRandom } from './random.ts';
import { changeSomething, completions, insist, makeWorkloads } from './workloads.ts';

const program = new Command('npm run chaos --')
  .description('Kill the control plane at random while workloads roll and scale, Jobs run and nodes come and go.')
  .option('--seed <number>', 'what happens when; the same for the same seed', String(Date.now() % 1_000_000))
  .option('--seconds <number>', 'how long', '180')
  .parse();
const { seed, seconds } = program.opts<{ readonly seed: string; readonly seconds: string }>();
const random = createRandom(Number(seed));
const startedMs = Date.now();
const graceMs = 15_000; // within which a wish is heard of, by us or by who acts on it: the server is away now and then
const bounds = new Map<string, { readonly most: number; readonly fromMs: number; untilMs: number }[]>();
const counted: { readonly app: string; readonly live: number; readonly atMs: number }[] = [];
const broken = new Set<string>();
tell(`seed ${seed}, ${seconds} seconds`);

const machinery = await startMachinery();
const connection = await connect(machinery.kubeconfig, { userAgent: 'skiff-chaos' });
const { client } = connection;
const end = new AbortController();
const { signal } = end;
for (let group = 0; group < groups; group++) machinery.startFleet(group);
const watched = {
  pods: follow(pods),
  nodes: follow(nodes),
  deployments: follow(deployments),
  replicaSets: follow(replicaSets),
  statefulSets: follow(statefulSets),
  jobs: follow(jobs),
};
await Promise.all(Object.values(watched).map(({ synced }) => synced));
await makeWorkloads(client, signal);
watchBounds();

const untilMs = Date.now() + Number(seconds) * 1000;
await Promise.all([disturbServer(), disturbNodes(), disturbWorkloads()]);
tell('leaves all alone now');
for (let group = 0; group < groups; group++) machinery.startFleet(group);
for (const problem of [...(await settled()), ...tooMany()]) broken.add(problem);
end.abort();
await connection[Symbol.asyncDispose]();
if (broken.size > 0) tell(`The server's log is in ${machinery.folder} (it goes now)`);
await machinery[Symbol.asyncDispose]();
for (const one of broken) tell(`BROKEN: ${one}`);
tell(broken.size === 0 ? 'All is as it was asked for.' : `${broken.size} things are broken; seed ${seed}`);
process.exit(broken.size === 0 ? 0 : 1);

async function disturbServer(): Promise<void> {
  while (Date.now() < untilMs) {
    await delay(random.between(3_000, 20_000));
    const tookMs = Date.now();
    await machinery.killServer();
    tell(`killed the control plane; ready again after ${Date.now() - tookMs} ms`);
  }
}

/** Nodes of one group end at once; sometimes their objects go, too; later they come back. */
async function disturbNodes(): Promise<void> {
  while (Date.now() < untilMs) {
    await delay(random.between(10_000, 25_000));
    const group = random.between(0, groups - 1);
    const isRemoved = random.next() < 0.5;
    const awayMs = random.pick([2_000, 60_000]);
    await machinery.killFleet(group);
    tell(`ended the nodes of group ${group}${isRemoved ? ' and removed them' : ''} for ${awayMs / 1000} s`);
    if (isRemoved) {
      for (let i = 0; i < nodesPerGroup; i++) {
        const name = `hollow-${group * nodesPerGroup + i}`;
        await insist(() => client.delete(nodes, { name }, signal));
      }
    }
    await delay(Math.min(awayMs, Math.max(0, untilMs - Date.now())));
    machinery.startFleet(group);
  }
}

async function disturbWorkloads(): Promise<void> {
  for (let turn = 1; Date.now() < untilMs; turn++) {
    await delay(random.between(500, 4_000));
    tell(await changeSomething(client, random, turn, signal));
  }
}

/** No pod too many and no index twice, looked at after each change of a pod. */
function watchBounds(): void {
  const note = (kind: string, now: Deployment | StatefulSet | undefined) => {
    if (now === undefined) return;
    const key = `${kind} ${now.metadata.name}`;
    const known = bounds.get(key) ?? [];
    const last = known.at(-1);
    const most = mostPods(now, kind === 'Deployment');
    if (last?.most === most) return;
    if (last !== undefined) last.untilMs = Date.now() + graceMs;
    bounds.set(key, [...known, { most, fromMs: Date.now() - graceMs, untilMs: Number.POSITIVE_INFINITY }]);
  };
  watched.deployments.onChange((now) => note('Deployment', now));
  watched.statefulSets.onChange((now) => note('StatefulSet', now));
  watched.pods.onChange((now, before) => {
    if (now === undefined || before !== undefined) return; // only what comes can be too much
    const app = now.metadata.labels?.['app'] ?? '';
    const own = [...watched.pods.list()].filter((pod) => pod.metadata.labels?.['app'] === app);
    for (const twice of doubleRuns(own)) broken.add(twice);
    counted.push({ app, live: own.filter(isLive).length, atMs: Date.now() });
  });
}

/** Judged in the end: watches are not in step, so a pod may be seen before the wish that it follows. */
function tooMany(): readonly string[] {
  return [...bounds].flatMap(([key, wishes]) =>
    counted
      .filter(({ app }) => key.endsWith(` ${app}`))
      .filter(({ live, atMs }) => {
        const valid = wishes.filter(({ fromMs, untilMs: validMs }) => fromMs <= atMs && atMs <= validMs);
        return valid.length > 0 && live > Math.max(...valid.map(({ most }) => most));
      })
      .map(({ live, atMs }) => `${key} had ${live} pods ${((atMs - startedMs) / 1000).toFixed(1)} s after the start`),
  );
}

async function settled(): Promise<readonly string[]> {
  const lastMs = Date.now() + 240_000;
  for (let calm = 0; ; ) {
    const seen = Object.fromEntries(Object.entries(watched).map(([name, informer]) => [name, [...informer.list()]]));
    const left = notConverged(seen as unknown as Seen, completions);
    calm = left.length === 0 ? calm + 1 : 0;
    if (calm === 5) return [];
    if (Date.now() > lastMs) return left;
    await delay(1_000);
  }
}

function follow<T extends KubeObject>(resource: Resource<T>): Informer<T> {
  const informer = createInformer({ client, resource, clock: createClock(), log: createSilentLog() });
  void informer.run(signal);
  return informer;
}

function tell(text: string): void {
  process.stdout.write(`${((Date.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
}
