import { configMaps, namespaces } from '#lib/api/resources.ts';
import type { Client } from '#lib/client/client.ts';
import { connect } from '#lib/client/connect.ts';
import { quantile, type Row } from './figures.ts';

const namespace = 'bench-api';
const filler = 'x'.repeat(900);

/** The API over HTTP/2 with TLS: requests a second and p99, one and sixteen at a time, and how fast a watch fans out. */
export async function measureApi(kubeconfig: string, label: string): Promise<readonly Row[]> {
  await using connection = await connect(kubeconfig, { userAgent: 'skiff-bench' });
  const { client } = connection;
  await client.create(namespaces, { metadata: { name: namespace } }, AbortSignal.timeout(10_000));
  let serial = 0;
  const create = () => client.create(configMaps, draft(`c${serial++}`), soon());
  const rows: Row[] = [];
  for (const together of [1, 16]) rows.push(...(await rate(`${label}CREATE, ${together} at a time`, together, create)));
  for (const together of [1, 16]) {
    rows.push(
      ...(await rate(`${label}GET, ${together} at a time`, together, () =>
        client.get(configMaps, { namespace, name: 'c0' }, soon()),
      )),
    );
    const update = (i: number) =>
      client.patch(
        configMaps,
        { namespace, name: `c${i % 50}` },
        { type: 'merge', body: { data: { n: String(serial++) } } },
        soon(),
      );
    rows.push(...(await rate(`${label}UPDATE, ${together} at a time`, together, update)));
  }
  await fill(client, 1000);
  rows.push(
    ...(await rate(`${label}LIST of 1,000`, 1, () =>
      client.raw('GET', `/api/v1/namespaces/${namespace}/configmaps?limit=1000`, soon()),
    )),
  );
  rows.push(await fanOut(client, 100, label));
  await client.delete(namespaces, { name: namespace }, AbortSignal.timeout(60_000));
  return rows;
}

function soon(): AbortSignal {
  return AbortSignal.timeout(30_000);
}

function draft(name: string) {
  return { metadata: { name, namespace }, data: { filler } };
}

async function fill(client: Client, count: number): Promise<void> {
  const { items } = await client.list(configMaps, { namespace }, soon());
  for (let i = items.length; i < count; i += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, k) => client.create(configMaps, draft(`f${i + k}`), soon())));
  }
}

async function rate(name: string, together: number, act: (i: number) => Promise<unknown>): Promise<readonly Row[]> {
  const perSecond: number[] = [];
  const p99: number[] = [];
  for (let run = 0; run < 3; run++) {
    const times: number[] = [];
    const startedMs = performance.now();
    let i = 0;
    const worker = async () => {
      while (performance.now() - startedMs < windowMs) {
        const fromMs = performance.now();
        await act(i++);
        times.push(performance.now() - fromMs);
      }
    };
    await Promise.all(Array.from({ length: together }, worker));
    perSecond.push((times.length * 1000) / (performance.now() - startedMs));
    p99.push(quantile(times, 0.99));
  }
  return [
    { name, unit: 'a second', values: perSecond },
    { name: `${name}: p99`, unit: 'ms', values: p99 },
  ];
}
const windowMs = 1_500;

/** From an update's answer until `watchers` watches have shown it. */
async function fanOut(client: Client, watchers: number, label: string): Promise<Row> {
  const { metadata } = await client.list(configMaps, { namespace }, soon());
  const end = new AbortController();
  const waiting = new Map<string, { count: number; done: () => void }>();
  for (let i = 0; i < watchers; i++) {
    void (async () => {
      const options = { namespace, resourceVersion: metadata.resourceVersion! };
      for await (const { object } of client.watch(configMaps, options, end.signal)) {
        const one = waiting.get(object.data?.['n'] ?? '');
        if (one !== undefined && --one.count === 0) one.done();
      }
    })().catch(() => {});
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  const values: number[] = [];
  for (let run = 0; run < 10; run++) {
    const mark = `mark-${run}`;
    const startedMs = performance.now();
    const all = new Promise<void>((done) => waiting.set(mark, { count: watchers, done }));
    await client.patch(configMaps, { namespace, name: 'c0' }, { type: 'merge', body: { data: { n: mark } } }, soon());
    await all;
    values.push(performance.now() - startedMs);
  }
  end.abort();
  return { name: `${label}update seen by ${watchers} watches`, unit: 'ms', values };
}
