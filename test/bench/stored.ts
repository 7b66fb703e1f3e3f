// How much a control plane takes for what is stored, and whether changes wait for lists of all of it.
import { setTimeout as delay } from 'node:timers/promises';
import { quantile, type Row } from './figures.ts';
import { type Load, openLoad, type Shot } from './load.ts';
import { residentMb } from './processes.ts';
import { type BenchServer, startServer } from './server.ts';

export interface StoredOptions {
  readonly pods: number;
  /** Half of them ConfigMaps, half Secrets. */
  readonly others: number;
}

/** A control plane of its own with so many objects: its memory, and updates while everything is listed in every form. */
export async function measureStored({ pods, others }: StoredOptions): Promise<readonly Row[]> {
  await using server = await startServer();
  using load = await openLoad(server.kubeconfig);
  using listing = await openLoad(server.kubeconfig, 2);
  await each(pods, (i) => load.fire({ method: 'POST', path: `${namespace}/pods`, body: pod(i) }));
  await each(others, (i) => load.fire(other(i)));
  await delay(settleMs);
  const atRest: number[] = [];
  for (let run = 0; run < 5; run++) {
    atRest.push(residentMb(server.pid));
    await delay(500);
  }
  const about = `${pods.toLocaleString('en')} pods, ${others.toLocaleString('en')} others`;
  return [
    { name: `${about}: server resident`, unit: 'MB', values: atRest, atMost: 300 },
    ...(await whileListed(about, server, load, listing)),
  ];
}
const namespace = '/api/v1/namespaces/default';
const settleMs = 20_000; // what a burst took is given back by then

async function whileListed(about: string, server: BenchServer, load: Load, listing: Load): Promise<readonly Row[]> {
  const p99: number[] = [];
  const resident: number[] = [];
  const lists: number[] = [];
  for (let run = 0; run < 5; run++) {
    const fromMs = performance.now();
    const isOver = () => performance.now() - fromMs > windowMs;
    let listed = 0;
    const list = async (_: unknown, from: number) => {
      for (let i = from; !isOver(); i++, listed++) await listing.fire(listOf(i));
    };
    const times: number[] = [];
    let most = 0;
    const change = async () => {
      for (let i = 0; !isOver(); i++) {
        const sentMs = performance.now();
        await load.fire({ ...changed, body: JSON.stringify({ data: { n: `${run}-${i}` } }) });
        times.push(performance.now() - sentMs);
        most = Math.max(most, residentMb(server.pid));
        await delay(5);
      }
    };
    await Promise.all([...Array.from({ length: 2 }, list), change()]);
    p99.push(quantile(times, 0.99));
    resident.push(most);
    lists.push((listed * 1000) / (performance.now() - fromMs));
  }
  return [
    { name: `${about}: UPDATE while everything is listed: p99`, unit: 'ms', values: p99, atMost: 50 },
    { name: `${about}: lists meanwhile`, unit: 'a second', values: lists },
    { name: `${about}: server resident meanwhile`, unit: 'MB', values: resident },
  ];
}
const windowMs = 4_000;
const changed = { method: 'PATCH', path: `${namespace}/configmaps/o0`, type: 'application/merge-patch+json' };

/** Every resource in every form, in turn. */
function listOf(i: number): Shot {
  const path = paths[i % paths.length]!;
  return { method: 'GET', path, accept: forms[Math.floor(i / paths.length) % forms.length]! };
}
const paths = ['/api/v1/pods', '/api/v1/configmaps', '/api/v1/secrets', '/api/v1/events', '/api/v1/namespaces'];
const forms = [
  'application/json',
  'application/json;as=Table;g=meta.k8s.io;v=v1',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
];

function pod(i: number): string {
  const env = Array.from({ length: 6 }, (_, k) => ({ name: `VARIABLE_${k}`, value: `value-${k}` }));
  const resources = { requests: { cpu: '100m', memory: '64Mi' } };
  const containers = [{ name: 'main', image: 'none', env, resources }];
  const metadata = { name: `p${i}`, labels: { app: `app-${i % 20}` } };
  return JSON.stringify({ metadata, spec: { nodeName: `node-${i % 100}`, containers } });
}

function other(i: number): Shot {
  const data = { filler: Buffer.from('x'.repeat(600)).toString('base64') };
  const path = `${namespace}/${i % 2 === 0 ? 'configmaps' : 'secrets'}`;
  return { method: 'POST', path, body: JSON.stringify({ metadata: { name: `o${i}` }, data }) };
}

/** Thirty-two at a time. */
async function each(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}
