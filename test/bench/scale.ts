// Many nodes and many pods: a control plane of its own, and `skiff hollow` in another process for the nodes.
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { List } from '#lib/api/resource.ts';
import { nodes, pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { connect } from '#lib/client/connect.ts';
import { home } from '../lab.ts';
import type { Row } from './figures.ts';
import { type Load, openLoad } from './load.ts';
import { residentMb, ticksOf, ticksPerSecond } from './processes.ts';
import { startServer } from './server.ts';

export interface ScaleOptions {
  readonly nodes: number;
  readonly pods: number;
  /** How many nodes only keep their leases. */
  readonly leases: number;
}

/** Pods from the first `create` to all of them running, and from the first `delete` to all gone; what the server takes for it. */
export async function measureScale(options: ScaleOptions): Promise<readonly Row[]> {
  const ofPods = options.pods === 0 ? [] : await measurePodsAtScale(options);
  return options.leases === 0 ? ofPods : [...ofPods, ...(await measureLeases(options.leases))];
}

async function measurePodsAtScale(options: ScaleOptions): Promise<readonly Row[]> {
  await using server = await startServer(undefined, ranges);
  await using connection = await connect(server.kubeconfig, { userAgent: 'skiff-bench' });
  using load = await openLoad(server.kubeconfig, 2);
  const { client } = connection;
  await using _fleet = await startFleet(server.kubeconfig, options.nodes, client);
  const about = `${shown(options.nodes)} nodes, ${shown(options.pods)} pods`;
  let before = ticksOf(server.pid);
  const createdMs = performance.now();
  const running = countPods(client, (phase) => phase === 'Running', options.pods);
  await createPods(load, options.pods);
  const createMs = performance.now() - createdMs;
  await running;
  const runMs = performance.now() - createdMs;
  const runCpu = (ticksOf(server.pid) - before) / ticksPerSecond;
  await delay(5_000);
  const resident = residentMb(server.pid);
  const all = await client.list(pods, { namespace: 'default' }, never());
  before = ticksOf(server.pid);
  const deletedMs = performance.now();
  const gone = untilGone(client, all);
  await deletePods(load, options.pods);
  await gone;
  const goneMs = performance.now() - deletedMs;
  const goneCpu = (ticksOf(server.pid) - before) / ticksPerSecond;
  return [
    { name: `${about}: created`, unit: 's', values: [createMs / 1000] },
    { name: `${about}: created, scheduled, running`, unit: 's', values: [runMs / 1000], atMost: 60 },
    { name: `${about}: CPU of the server for it`, unit: 's', values: [runCpu] },
    { name: `${about}: server resident`, unit: 'MB', values: [resident], atMost: 600 },
    { name: `${about}: deleted`, unit: 's', values: [goneMs / 1000], atMost: 90 },
    { name: `${about}: CPU of the server for it, deleted`, unit: 's', values: [goneCpu] },
  ];
}

async function measureLeases(count: number): Promise<readonly Row[]> {
  await using server = await startServer(undefined, ranges);
  await using connection = await connect(server.kubeconfig, { userAgent: 'skiff-bench' });
  await using _fleet = await startFleet(server.kubeconfig, count, connection.client);
  await delay(30_000);
  const values: number[] = [];
  for (let run = 0; run < 6; run++) {
    const before = ticksOf(server.pid);
    await delay(10_000);
    values.push(((ticksOf(server.pid) - before) / ticksPerSecond / 10) * 100);
  }
  const ready = await readyNodes(connection.client);
  const about = `${shown(count)} nodes that keep their leases`;
  return [
    { name: `${about}: Ready`, unit: 'nodes', values: [ready], atLeast: count },
    { name: `${about}: CPU of the server`, unit: '% of a core', values, atMost: 100 },
    { name: `${about}: server resident`, unit: 'MB', values: [residentMb(server.pid)] },
  ];
}

/** For more nodes than the usual range has room for; no packet goes to any of it. */
const ranges = ['--cluster-cidr', '10.128.0.0/9'];

interface Fleet extends AsyncDisposable {
  readonly pid: number;
}

/** Hollow nodes in a process of their own, all Ready and with a range each when this settles. */
async function startFleet(kubeconfig: string, count: number, client: Client): Promise<Fleet> {
  const words = ['hollow', '--kubeconfig', kubeconfig, '--nodes', String(count)];
  const child = execa(process.execPath, [`${home}/cli/main.ts`, ...words], {
    reject: false,
    stdout: 'ignore',
    stderr: 'inherit',
  });
  const fleet = {
    pid: child.pid!,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await child;
    },
  };
  const untilMs = performance.now() + 300_000;
  for (;;) {
    const ready = await readyNodes(client).catch(() => 0); // it has much to do just now
    if (ready === count) return fleet;
    if (performance.now() > untilMs) {
      await fleet[Symbol.asyncDispose]();
      throw new Error(`Only ${ready} of ${count} hollow nodes came up`);
    }
    await delay(2_000);
  }
}

/** How many nodes pods may go to. */
async function readyNodes(client: Client): Promise<number> {
  const { items } = await client.list(nodes, { resourceVersion: '0' }, never());
  return items.filter(({ spec }) => !spec?.taints?.length).length;
}

/** Settles when `count` pods are such as `isIt` says. */
async function countPods(client: Client, isIt: (phase: string | undefined) => boolean, count: number): Promise<void> {
  const signal = AbortSignal.timeout(600_000);
  const { metadata } = await client.list(pods, { namespace: 'default' }, signal);
  const found = new Set<string>();
  const since = { namespace: 'default', resourceVersion: metadata.resourceVersion!, timeoutSeconds: 600 };
  for await (const { object } of client.watch(pods, since, signal)) {
    if (isIt(object.status?.phase)) found.add(object.metadata.name);
    if (found.size === count) return;
  }
  throw new Error(`Only ${found.size} of ${count} pods came to that`);
}

/** `all`: listed before the first of them was deleted, as a list of so many is no place to watch from a second later. */
async function untilGone(client: Client, { metadata, items }: List<Pod>): Promise<void> {
  const signal = AbortSignal.timeout(600_000);
  const left = new Set(items.map((pod) => pod.metadata.name));
  const since = { namespace: 'default', resourceVersion: metadata.resourceVersion!, timeoutSeconds: 600 };
  for await (const { type, object } of client.watch(pods, since, signal)) {
    if (type === 'DELETED') left.delete(object.metadata.name);
    if (left.size === 0) return;
  }
  throw new Error(`${left.size} pods were not gone`);
}

async function createPods(load: Load, count: number): Promise<void> {
  const resources = { requests: { cpu: '100m', memory: '64Mi' } };
  const spec = { containers: [{ name: 'main', image: 'none', resources }] };
  const path = '/api/v1/namespaces/default/pods';
  await each(count, async (i) => {
    const metadata = { name: `p${i}`, labels: { app: `app-${i % 20}` } };
    await load.fire({ method: 'POST', path, body: JSON.stringify({ metadata, spec }) });
  });
}

async function deletePods(load: Load, count: number): Promise<void> {
  await each(count, async (i) => {
    await load.fire({ method: 'DELETE', path: `/api/v1/namespaces/default/pods/p${i}` });
  });
}

/** Thirty-two at a time. */
async function each(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}

function never(): AbortSignal {
  return AbortSignal.timeout(300_000);
}

function shown(count: number): string {
  return count.toLocaleString('en');
}
