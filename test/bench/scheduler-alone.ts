// The scheduler by itself: the real loop, plugins and snapshot; bindings go nowhere and come back as changed pods at once.
import type { KubeObject } from '#lib/api/resource.ts';
import type { Namespace, Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createFedInformer } from '#lib/client/fed-informer.ts';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { profilesOf } from '../../controlplane/scheduler/profile.ts';
import { runScheduler } from '../../controlplane/scheduler/scheduler.ts';
import type { Row } from './figures.ts';

interface Case {
  readonly name: string;
  /** Pods a second that must be reached, by number of nodes. */
  readonly bars: Readonly<Record<number, number>>;
  spec(index: number): object;
}

const term = (topologyKey: string, app: string) => ({ topologyKey, labelSelector: { matchLabels: { app } } });

const cases: readonly Case[] = [
  { name: 'plain pods', bars: { 1000: 1_000, 5000: 270 }, spec: () => ({}) },
  {
    name: 'pods with spread constraints',
    bars: { 1000: 334, 5000: 90 },
    spec: (index) => ({
      topologySpreadConstraints: [
        { maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', ...term(zone, appOf(index)) },
        { maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', ...term(hostname, appOf(index)) },
      ],
    }),
  },
  {
    name: 'pods with affinity and anti-affinity',
    bars: { 1000: 334, 5000: 90 },
    spec: (index) => ({
      affinity: {
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(hostname, appOf(index))] },
        podAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: term(zone, appOf(index)) }],
        },
      },
    }),
  },
];
const hostname = 'kubernetes.io/hostname';
const zone = 'topology.kubernetes.io/zone';
const apps = 20;
const appOf = (index: number) => `app-${index % apps}`;

/** Pods a second, in steady state: as many pods as nodes stand there before. */
export async function measureSchedulerAlone(nodeCounts: readonly number[], runs: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const one of cases) {
    const rates: (readonly number[])[] = [];
    for (const count of nodeCounts) {
      const values: number[] = [];
      for (let run = 0; run < runs; run++) values.push(await perSecond(count, one));
      const atLeast = one.bars[count];
      const name = `scheduler alone, ${count.toLocaleString('en')} nodes, ${one.name}`;
      rows.push({ name, unit: 'a second', values, ...(atLeast === undefined ? {} : { atLeast }) });
      rates.push(values);
    }
    rows.push(...growth(one.name, nodeCounts, rates));
  }
  return rows;
}

/** How much more a pod costs with the most nodes than with the fewest: less than the nodes grew by. */
function growth(name: string, nodeCounts: readonly number[], rates: readonly (readonly number[])[]): readonly Row[] {
  const [fewest, most] = [nodeCounts[0]!, nodeCounts.at(-1)!];
  if (fewest >= most) return [];
  const values = rates[0]!.map((rate, run) => rate / rates.at(-1)![run]!);
  const words = `${most.toLocaleString('en')} against ${fewest.toLocaleString('en')} nodes`;
  return [{ name: `scheduler alone, ${name}: cost of a pod, ${words}`, unit: 'x', values, atMost: most / fewest }];
}

async function perSecond(nodeCount: number, { spec }: Case): Promise<number> {
  const [pods, nodes] = [createFedInformer<Pod>(), createFedInformer<Node>()];
  for (let i = 0; i < nodeCount; i++) nodes.put(node(`n${i}`, i));
  const end = new AbortController();
  const bound = countdown();
  const client = {
    async create(_resource: unknown, { metadata, target }: { metadata: KubeObject['metadata']; target: Node }) {
      const key = `default/${metadata.name}`;
      const before = pods.get(key)!;
      const nodeName = (target as unknown as { readonly name: string }).name;
      await undefined;
      pods.put({ ...before, spec: { ...before.spec, nodeName } });
      bound.one();
    },
  };
  const none = {
    claimAt: () => undefined,
    volumeNamed: () => undefined,
    volumes: () => [],
    classNamed: () => undefined,
    driverNamed: () => undefined,
    capacities: () => [],
  };
  const facts = { ...none, promised: new Map(), csiNode: () => undefined };
  const running = runScheduler(
    {
      client: client as unknown as Client,
      informers: {
        pods,
        nodes,
        namespaces: createFedInformer<Namespace>(),
        budgets: { get: () => undefined, list: () => [], byIndex: () => [] },
      },
      synced: Promise.resolve(),
      eventsOf: () => ({ record() {}, run: async () => {} }),
      clock: createClock(),
      log: createSilentLog(),
      profiles: profilesOf({}, { volumes: facts, spread: { selectorFor: () => undefined } }),
      volumes: { facts, synced: Promise.resolve(), onChange() {}, reserve: () => async () => {} },
    },
    end.signal,
  );
  const make = (from: number, count: number) => {
    const done = bound.after(count);
    for (let i = from; i < from + count; i++) pods.put(pod(`p${i}`, i, spec(i)));
    return done;
  };
  await make(0, nodeCount);
  const startedMs = performance.now();
  await make(nodeCount, measured);
  const tookMs = performance.now() - startedMs;
  end.abort();
  await running;
  return (measured * 1000) / tookMs;
}
const measured = 2_000;

function countdown() {
  let left = 0;
  let done = Promise.withResolvers<void>();
  return {
    after(count: number) {
      left = count;
      done = Promise.withResolvers<void>();
      return done.promise;
    },
    one() {
      if (--left === 0) done.resolve();
    },
  };
}

function node(name: string, index: number): Node {
  const labels = { [hostname]: name, [zone]: `z${index % 3}`, 'topology.kubernetes.io/region': 'r' };
  const allocatable = { cpu: '32', memory: '128Gi', pods: '110' };
  return { metadata: { name, uid: name, labels }, spec: {}, status: { allocatable } } as unknown as Node;
}

function pod(name: string, index: number, more: object): Pod {
  const resources = { requests: { cpu: '100m', memory: '500Mi' } };
  const metadata = { name, namespace: 'default', uid: name, generation: 1, labels: { app: appOf(index) } };
  const spec = { containers: [{ name: 'main', image: 'none:1', resources }], ...more };
  return { metadata, spec, status: { phase: 'Pending' } } as unknown as Pod;
}
