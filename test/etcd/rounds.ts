// `npm run etcd:rounds -- --rounds 20 --seed 7`: three servers on three members of etcd; in each round one of them is
// killed, ended or frozen, while a client writes and another one watches. Nothing that was acknowledged may be missing or
// out of order in the end, no error may be one that a retry does not cure, and the API has to be back within 5 s.
import { parseArgs } from 'node:util';
import { configMaps } from '#lib/api/resources.ts';
import type { ConfigMap } from '#lib/api/types/core.v1.ts';
import { type Client, createClient } from '#lib/client/client.ts';
import { createHttpTransport } from '#lib/client/http-transport.ts';
import { createInformer } from '#lib/client/informer.ts';
import { readKubeconfig } from '#lib/client/kubeconfig.ts';
import { createClock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { createSilentLog } from '#lib/log.ts';
import { type ControlPlane, type Member, startControlPlane } from './members.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
const clock = createClock();
const log = createSilentLog();
const namespace = 'default';

/** The same numbers for the same seed. Rule: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

async function connectTo({ adminConfig, servers }: ControlPlane, first: number): Promise<Client> {
  const access = await readKubeconfig(adminConfig);
  const urls = [...servers.slice(first), ...servers.slice(0, first)].map(({ url }) => url);
  const transport = createHttpTransport({ ...access, server: urls[0]!, others: () => urls, clock, log });
  return createClient(transport);
}

interface Written {
  /** Name > the counter of the last change that was acknowledged, and the version it was given. */
  readonly acknowledged: Map<string, { readonly counter: number; readonly version: number }>;
  readonly faults: string[];
  writes: number;
  retries: number;
  /** The longest time without a write that was answered. */
  longestMs: number;
}

const curable = ['ServiceUnavailable', 'ServerTimeout', 'Timeout', 'TooManyRequests', 'InternalError'] as const;

/** Counts up in one object after the other, each change on top of the one before, as a careful client does. */
async function write(client: Client, name: string, written: Written, signal: AbortSignal): Promise<void> {
  let known: ConfigMap | undefined;
  let counter = 0;
  let lastMs = clock.now();
  while (!signal.aborted) {
    try {
      if (known === undefined) known = await readOrMake(client, name, signal);
      const stands = Number(known.data?.['counter'] ?? 0);
      const last = written.acknowledged.get(name)?.counter ?? 0;
      if (stands < last) written.faults.push(`${name} stands at ${stands} after ${last} was acknowledged`);
      counter = Math.max(stands, counter) + 1;
      known = await client.update(configMaps, { ...known, data: { counter: String(counter) } }, signal);
      const version = Number(known.metadata.resourceVersion);
      const before = written.acknowledged.get(name);
      if (before !== undefined && version <= before.version)
        written.faults.push(`${name} went back from version ${before.version} to ${version}`);
      written.acknowledged.set(name, { counter, version });
      written.writes += 1;
      const nowMs = clock.now();
      written.longestMs = Math.max(written.longestMs, nowMs - lastMs);
      lastMs = nowMs;
    } catch (error) {
      if (signal.aborted) return;
      if (!hasReason(error, ...curable, 'Conflict', 'AlreadyExists'))
        written.faults.push(`${name}: ${(error as Error).message}`);
      known = undefined; // whether it was done is seen by reading
      written.retries += 1;
    }
    await clock.sleep(10, signal).catch(() => {});
  }
}

async function readOrMake(client: Client, name: string, signal: AbortSignal): Promise<ConfigMap> {
  try {
    return await client.get(configMaps, { namespace, name }, signal);
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
    return client.create(configMaps, { metadata: { namespace, name }, data: { counter: '0' } }, signal);
  }
}

/** What an informer is told has to go up, object by object. */
function watchAll(client: Client, written: Written, signal: AbortSignal): Promise<void> {
  const informer = createInformer<ConfigMap>({ client, resource: configMaps, namespace, clock, log });
  const seen = new Map<string, number>();
  informer.onChange((now, _before, key) => {
    if (!key.startsWith('default/w')) return;
    const counter = Number(now?.data?.['counter'] ?? -1);
    if (counter < (seen.get(key) ?? 0))
      written.faults.push(`A watcher saw ${key} go from ${seen.get(key)} to ${counter}`);
    seen.set(key, counter);
  });
  return informer.run(signal);
}

type Harm = 'kill' | 'end' | 'freeze';

async function round(plane: ControlPlane, random: () => number): Promise<string> {
  const all: readonly Member[] = [...plane.servers, ...plane.etcds];
  const victim = all[Math.floor(random() * all.length)]!;
  const harm: Harm = (['kill', 'end', 'freeze'] as const)[Math.floor(random() * 3)]!;
  const forMs = Math.round(1_000 + random() * 4_000);
  const pause = (ms: number) => clock.sleep(ms, AbortSignal.timeout(ms + 5_000));
  victim.signal(harm === 'kill' ? 'SIGKILL' : harm === 'end' ? 'SIGTERM' : 'SIGSTOP');
  await pause(forMs);
  if (harm === 'freeze') victim.signal('SIGCONT');
  else {
    while (victim.isRunning()) await pause(50);
    victim.start();
  }
  await pause(2_000); // the next may be another one: a majority has to be there again
  return `${harm} ${victim.name} for ${(forMs / 1000).toFixed(1)} s`;
}

await using plane = await startControlPlane();
const written: Written = { acknowledged: new Map(), faults: [], writes: 0, retries: 0, longestMs: 0 };
const stop = new AbortController();
const ready = await connectTo(plane, 0);
const startBy = AbortSignal.timeout(60_000);
while ((await ready.raw('GET', '/readyz', startBy).catch(() => '')) !== 'ok') await clock.sleep(100, startBy);
for (const { url } of plane.servers) {
  const alone = createClient(
    createHttpTransport({ ...(await readKubeconfig(plane.adminConfig)), server: url, clock, log }),
  );
  while ((await alone.raw('GET', '/readyz', startBy).catch(() => '')) !== 'ok') await clock.sleep(100, startBy);
}
const writers = [];
for (let i = 0; i < 6; i++) writers.push(write(await connectTo(plane, i % 3), `w${i}`, written, stop.signal));
void watchAll(await connectTo(plane, 1), written, stop.signal);
const random = randomFrom(Number(values.seed));
for (let i = 1; i <= Number(values.rounds); i++) {
  const before = { ...written };
  written.longestMs = 0;
  const what = await round(plane, random);
  const gapMs = written.longestMs;
  if (gapMs > 5_000) written.faults.push(`Round ${i}: ${gapMs} ms without an answer`);
  written.longestMs = Math.max(before.longestMs, gapMs);
  process.stdout.write(
    `${i}: ${what}: ${written.writes - before.writes} writes, ${written.retries - before.retries} retries, longest wait ${gapMs} ms, ${written.faults.length} faults\n`,
  );
}
await clock.sleep(1_000, AbortSignal.timeout(10_000));
stop.abort();
await Promise.all(writers);
const end = AbortSignal.timeout(30_000);
const client = await connectTo(plane, 2);
for (const [name, { counter }] of written.acknowledged) {
  const stands = Number((await client.get(configMaps, { namespace, name }, end)).data?.['counter']);
  if (stands < counter) written.faults.push(`${name} ends at ${stands}, and ${counter} was acknowledged`);
}
for (const fault of written.faults) process.stdout.write(`FAULT ${fault}\n`);
process.stdout.write(
  `seed ${values.seed}: ${values.rounds} rounds, ${written.writes} writes acknowledged, ${written.retries} retries, longest wait ${written.longestMs} ms, ${written.faults.length} faults\n`,
);
process.exitCode = written.faults.length > 0 ? 1 : 0;
await plane[Symbol.asyncDispose]();
process.exit();
