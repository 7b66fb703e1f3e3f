// One seed: pods come and go while calls and events break; then all is calm, must settle, and end without a trace.
import { namespaces, pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { hasReason } from '#lib/errors.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import { type Kind, kindNames, kindOf } from './kinds.ts';
import { leftovers } from './leftovers.ts';
import type { FaultyNode } from './node.ts';
import { createRandom, type Random } from './random.ts';
import { watchSteady } from './steady.ts';

export interface Round {
  readonly seed: number;
  readonly client: Client;
  readonly layout: LabLayout;
  readonly node: FaultyNode;
  say(line: string): void;
}

const most = 50;
const steadyCount = 8;
const stormMs = 30_000;
const settleMs = 150_000;
const leastFaults = 20;
const soon = () => AbortSignal.timeout(30_000);

/** @returns what is wrong, in lines; none if all is well */
export async function runRound(round: Round): Promise<readonly string[]> {
  const { seed, client, layout, node, say } = round;
  const random = createRandom(seed);
  const before = await leftovers(layout, node);
  const namespace = `faults-${seed}`;
  await client.create(namespaces, { metadata: { name: namespace } }, soon());
  await until('its service account', 20_000, () =>
    client.raw('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`, soon()).then(() => []),
  );
  const known = new Map<string, Kind>();
  const add = async (name: string, kind: Kind) => {
    known.set(name, kind);
    const spec = { ...kind.spec, nodeName: node.name };
    await client.create(pods, { metadata: { name, namespace }, spec }, soon());
  };
  for (let at = 0; at < steadyCount; at++) await add(`steady-${at}`, kindOf('plain', random));
  const early = await settled(client, namespace, known);
  if (early.length > 0) return early;
  const starts = await startsOf(client, namespace);

  const watch = await watchSteady(client, namespace);
  await node.begin(seed);
  const made = await churn(round, namespace, random, known, add);
  const counts = await node.calm();
  const faults = Object.values(counts).reduce((sum, one) => sum + one, 0);
  say(`seed ${seed}: ${made} pods came, ${faults} faults; now it must settle`);

  const wrong = [...(await settled(client, namespace, known))];
  if (faults < leastFaults) wrong.push(`only ${faults} faults: does the agent speak to the proxy?`);
  wrong.push(...(await watch.end()));
  for (const [name, start] of await startsOf(client, namespace)) {
    const was = starts.get(name);
    if (was !== undefined && was !== start) wrong.push(`${name} was touched: ${was} became ${start}`);
  }
  await client.delete(namespaces, { name: namespace }, soon());
  wrong.push(...(await until('the end of all pods', settleMs, async () => names(client, namespace))));
  wrong.push(
    ...(await until('nothing to be left', settleMs, async () => {
      const now = await leftovers(layout, node);
      return now.filter((line) => !before.includes(line)).map((line) => `left: ${line}`);
    })),
  );
  return wrong;
}

/** Pods come and go, fifty at the most. @returns how many came */
async function churn(
  { client, node }: Round,
  namespace: string,
  random: Random,
  known: Map<string, Kind>,
  add: (name: string, kind: Kind) => Promise<void>,
): Promise<number> {
  let made = 0;
  const untilMs = performance.now() + stormMs;
  const killAtMs = untilMs - random.below(stormMs);
  let isKilled = random.chance(0.5); // in the other half of all rounds the agent is killed, too
  while (performance.now() < untilMs) {
    if (!isKilled && performance.now() > killAtMs) {
      isKilled = true;
      await node.restartAgent();
    }
    const living = [...known.keys()].filter((name) => !name.startsWith('steady-'));
    if (known.size < most && random.chance(0.7)) {
      await add(`pod-${made++}`, kindOf(random.pick(kindNames), random));
    } else if (living.length > 0) {
      const name = random.pick(living);
      known.delete(name);
      const options = random.chance(0.2) ? { gracePeriodSeconds: 0 } : {};
      await client.delete(pods, { namespace, name }, soon(), options).catch((error) => {
        if (!hasReason(error, 'NotFound')) throw error;
      });
    }
    await pause(random.below(250));
  }
  return made;
}

async function settled(
  client: Client,
  namespace: string,
  known: ReadonlyMap<string, Kind>,
): Promise<readonly string[]> {
  return await until('all pods to settle', settleMs, async () => {
    const { items } = await client.list(pods, { namespace }, soon());
    const here = new Map(items.map((pod) => [pod.metadata.name, pod]));
    const missing = [...known].flatMap(([name, kind]) => {
      const pod = here.get(name);
      return pod !== undefined && kind.isSettled(pod) ? [] : [`not settled: ${name} ${shown(pod)}`];
    });
    const staying = [...here.keys()].filter((name) => !known.has(name)).map((name) => `not gone: ${name}`);
    return [...missing, ...staying];
  });
}

function shown(pod: Pod | undefined): string {
  if (pod === undefined) return 'is not there';
  const { phase, containerStatuses = [], initContainerStatuses = [] } = pod.status;
  return JSON.stringify([phase, ...[...initContainerStatuses, ...containerStatuses].map(({ state }) => state)]);
}

async function names(client: Client, namespace: string): Promise<readonly string[]> {
  const { items } = await client.list(pods, { namespace }, soon());
  return items.map(({ metadata }) => `still in the API: ${metadata.name}`);
}

/** Container and start of each pod that was there before the faults. */
async function startsOf(client: Client, namespace: string): Promise<ReadonlyMap<string, string>> {
  const { items } = await client.list(pods, { namespace }, soon());
  return new Map(
    items
      .filter(({ metadata }) => metadata.name.startsWith('steady-'))
      .map(({ metadata, status }) => {
        const one = status.containerStatuses?.[0];
        return [metadata.name, `${one?.containerID} ${one?.restartCount} ${one?.state?.running?.startedAt}`];
      }),
  );
}

/** Asks until nothing is wrong any more. @returns what still is, after `timeoutMs` */
async function until(
  _what: string,
  timeoutMs: number,
  ask: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const wrong = await ask().catch((error) => [String(error)]);
    if (wrong.length === 0 || performance.now() > deadlineMs) return wrong;
    await pause(300);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
