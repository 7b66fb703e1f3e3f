// One seed: the control plane is killed while all changes and nodes come and go; then all is left alone, and judged.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import {
  controllerRevisions,
  deployments,
  endpointSlices,
  jobs,
  leases,
  nodes,
  pods,
  replicaSets,
  services,
  statefulSets,
} from '#lib/api/resources.ts';
import type { Client } from '#lib/client/client.ts';
import { connect } from '#lib/client/connect.ts';
import { notConverged, type Seen } from './judge/ending.ts';
import { type Broken, kindNames, type Observation, replay, type World } from './judge/history.ts';
import { judge } from './judge/judge.ts';
import { groups, type Machinery, nodesOf, startMachinery } from './processes.ts';
import { createRandom } from './random.ts';
import { record } from './record.ts';
import { createWriter, type Writer } from './wishes.ts';
import { createChanges, makeWorkloads, namespace } from './workloads.ts';

export interface Round {
  readonly seed: number;
  /** How long things are disturbed. */
  readonly seconds: number;
  /** Nodes are back before anybody gives them up, and the server is killed more often. */
  readonly isShort: boolean;
  /** Where the server's log and the history go if something is broken. */
  readonly folder: string;
  say(line: string): void;
}

/** @returns what is broken; the log and the history are kept then */
export async function runRound(round: Round, stop: AbortSignal): Promise<readonly Broken[]> {
  const { seconds } = round;
  const startedMs = Date.now();
  const tell = (text: string) => round.say(`${((Date.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  await using machinery = await startMachinery(stop);
  await using connection = await connect(machinery.kubeconfig, { userAgent: 'skiff-chaos' });
  const life = new AbortController();
  const signal = AbortSignal.any([stop, life.signal]);
  const { client } = connection;
  const recording = record(client, namespace, signal);
  try {
    for (let group = 0; group < groups; group++) machinery.startFleet(group);
    await recording.started;
    signal.throwIfAborted();
    const writer = createWriter(client, namespace, signal);
    await makeWorkloads(writer);
    const untilMs = Date.now() + seconds * 1000;
    const away = new Set<number>();
    const scene: Scene = { ...round, machinery, client, writer, tell, untilMs, signal };
    await Promise.all([disturbServer(scene), disturbNodes(scene, away), disturbWorkloads(scene)]);
    tell('leaves all alone now');
    for (let group = 0; group < groups; group++) if (!away.has(group)) machinery.startFleet(group);
    const left = await settled(scene);
    if (left.length === 0) tell('has settled');
    const last = await heardAll(scene, recording.history);
    const broken = [...left, ...last, ...writer.broken, ...(await writer.check()), ...judge(recording.history)];
    tell(`judged ${recording.history.length} changes, ${recording.gaps()} gaps: ${broken.length} things are broken`);
    if (broken.length > 0) keep(round, machinery, recording.history, broken);
    return broken;
  } catch (error) {
    if (!stop.aborted) keep(round, machinery, recording.history, []);
    throw error;
  } finally {
    life.abort();
  }
}

interface Scene extends Round {
  readonly machinery: Machinery;
  readonly client: Client;
  readonly writer: Writer;
  readonly untilMs: number;
  readonly signal: AbortSignal;
  tell(text: string): void;
}

/** Until things are left alone; the last turn is over by then. */
async function* turns({ untilMs, signal }: Scene, nextMs: () => number): AsyncGenerator<void> {
  for (;;) {
    const pauseMs = nextMs();
    if (Date.now() + pauseMs > untilMs) return;
    await delay(pauseMs, undefined, { signal });
    yield;
  }
}

async function disturbServer(scene: Scene): Promise<void> {
  const random = createRandom(scene.seed ^ 0x5bd1e995); // each has its own numbers: who comes first is not told by the seed
  const most = scene.isShort ? 8_000 : 20_000;
  for await (const _ of turns(scene, () => random.between(3_000, most))) {
    const fromMs = Date.now();
    await scene.machinery.killServer();
    scene.tell(`killed the control plane; ready again after ${Date.now() - fromMs} ms`);
  }
}

/** Nodes of one group end at once; sometimes their objects go, too. They come back, but for those `away` in the end. */
async function disturbNodes(scene: Scene, away: Set<number>): Promise<void> {
  const { machinery, writer, isShort, signal } = scene;
  const random = createRandom(scene.seed ^ 0x2545f491);
  for await (const _ of turns(scene, () => random.between(isShort ? 3_000 : 10_000, isShort ? 10_000 : 25_000))) {
    const group = random.between(0, groups - 1);
    const isRemoved = random.next() < 0.5;
    const awayMs = isShort ? random.between(500, 5_000) : random.pick([2_000, 60_000]);
    const staysAway = !isShort && isRemoved && awayMs > 50_000 && away.size === 0;
    await machinery.killFleet(group);
    scene.tell(`ended the nodes of group ${group}${isRemoved ? ' and removed them' : ''} for ${awayMs / 1000} s`);
    if (isRemoved) for (const name of nodesOf(group)) await writer.remove(nodes, name);
    const leftMs = Math.max(0, scene.untilMs - Date.now());
    if (staysAway && leftMs < awayMs) {
      away.add(group);
      return scene.tell(`group ${group} does not come back`);
    }
    await delay(Math.min(awayMs, leftMs), undefined, { signal });
    if (isRemoved) for (const name of nodesOf(group)) writer.forget(nodes, name);
    machinery.startFleet(group);
  }
}

async function disturbWorkloads(scene: Scene): Promise<void> {
  const random = createRandom(scene.seed);
  const change = createChanges(scene.writer, random);
  for await (const _ of turns(scene, () => random.between(300, scene.isShort ? 1_500 : 4_000)))
    scene.tell(await change());
}

/** Waits until all is as it was asked for, and stays so. @returns what is not */
async function settled({ client, signal }: Scene): Promise<readonly Broken[]> {
  const lastMs = Date.now() + 240_000;
  for (let calm = 0; ; ) {
    const left = await look(client, signal)
      .then(notConverged)
      .catch((error): readonly Broken[] => [{ rule: 'converged', what: String(error), objects: [] }]);
    signal.throwIfAborted();
    calm = left.length === 0 ? calm + 1 : 0;
    if (calm === 3) return [];
    if (Date.now() > lastMs) return left;
    await delay(1_000, undefined, { signal });
  }
}

async function look(client: Client, signal: AbortSignal): Promise<Seen> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(60_000)]);
  const list = async <T extends KubeObject>(resource: Resource<T>, of: string | undefined = namespace) =>
    (await client.list(resource, of === '' ? {} : { namespace: of }, limit)).items;
  return {
    pods: await list(pods),
    nodes: await list(nodes, ''),
    deployments: await list(deployments),
    replicaSets: await list(replicaSets),
    statefulSets: await list(statefulSets),
    controllerRevisions: await list(controllerRevisions),
    jobs: await list(jobs),
    services: await list(services),
    endpointSlices: await list(endpointSlices),
    leases: await list(leases, 'kube-node-lease'),
  };
}

/** The watches have to show what the lists do, soon. */
async function heardAll({ client, signal }: Scene, history: readonly Observation[]): Promise<readonly Broken[]> {
  const lastMs = Date.now() + 60_000;
  for (;;) {
    const seen = await look(client, signal);
    const world = worldOf(history);
    const broken = kindNames.flatMap((kind): readonly Broken[] => {
      const listed = seen[kind].map(({ metadata }) => metadata.uid).sort();
      const heard = [...world[kind].keys()].sort();
      if (listed.join() === heard.join()) return [];
      return [{ rule: 'watch', what: `${kind}: ${heard.length} were shown, ${listed.length} are there`, objects: [] }];
    });
    if (broken.length === 0 || Date.now() > lastMs) return broken;
    await delay(500, undefined, { signal });
  }
}

function worldOf(history: readonly Observation[]): World {
  let last: World | undefined;
  replay(history, [
    (_step, world) => {
      last = world;
      return [];
    },
  ]);
  return last!;
}

function keep({ seed, folder }: Round, { log }: Machinery, history: readonly Observation[], broken: readonly Broken[]) {
  mkdirSync(folder, { recursive: true });
  copyFileSync(log, `${folder}/${seed}.server.log`);
  writeFileSync(`${folder}/${seed}.broken.json`, JSON.stringify(broken, undefined, 1));
  writeFileSync(`${folder}/${seed}.history.jsonl`, history.map((one) => `${JSON.stringify(one)}\n`).join(''));
}
