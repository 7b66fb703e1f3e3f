import { quantile, type Row } from './figures.ts';
import { createLines, openFollowers } from './follow.ts';
import { type Load, openLoad, type Shot } from './load.ts';

const filler = 'x'.repeat(900); // an object has about 1,100 bytes

export const apiGroups = ['requests', 'lists', 'watches'] as const;
export type ApiGroup = (typeof apiGroups)[number];

/** The API over HTTP/2 with TLS: requests a second and p99, one and sixteen at a time, lists, and how a watch fans out. */
export async function measureApi(
  kubeconfig: string,
  label: string,
  groups: readonly ApiGroup[] = apiGroups,
): Promise<readonly Row[]> {
  using load = await openLoad(kubeconfig);
  const namespace = `bench-api-${Date.now()}`;
  const folder = `/api/v1/namespaces/${namespace}/configmaps`;
  await load.fire({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: JSON.stringify({ metadata: { name: namespace } }),
  });
  try {
    const rows: Row[] = [];
    for (const [name, shot] of groups.includes('requests') ? Object.entries(shots(folder)) : []) {
      for (const together of [1, 16])
        rows.push(...(await rate(load, `${name}, ${together} at a time`, together, shot)));
    }
    let filled = 0;
    for (const count of groups.includes('lists') ? [1_000, 10_000] : []) {
      await fill(load, folder, filled, count);
      filled = count;
      const path = `${folder}?labelSelector=fill&limit=${count}`;
      const list = () => ({ method: 'GET', path, leastBytes: count * filler.length });
      rows.push(...(await rate(load, `LIST of ${count.toLocaleString('en')}`, 1, list)));
    }
    for (const writers of groups.includes('watches') ? [1, 16] : [])
      rows.push(...(await fanOut(kubeconfig, load, folder, { watchers: 100, writers })));
    return rows.map((row) => ({ ...row, name: `${label}${row.name}` }));
  } finally {
    await load.fire({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
  }
}

/** What is fired, by name; CREATE is the first, as the others need what it makes. */
function shots(folder: string): Readonly<Record<string, (i: number) => Shot>> {
  let serial = 0;
  return {
    CREATE: () => ({ method: 'POST', path: folder, body: draft(`c${serial++}`) }),
    GET: () => ({ method: 'GET', path: `${folder}/c0` }),
    UPDATE: (i) => ({ method: 'PUT', path: `${folder}/c${i % 64}`, body: draft(`c${i % 64}`, { n: `${serial++}` }) }),
    PATCH: (i) => patch(`${folder}/c${i % 64}`, `${serial++}`),
  };
}

function draft(name: string, data: Readonly<Record<string, string>> = {}): string {
  const metadata = { name, ...(name.startsWith('f') ? { labels: { fill: '' } } : {}) };
  return JSON.stringify({ metadata, data: { filler, ...data } });
}

function patch(path: string, n: string): Shot {
  const body = JSON.stringify({ data: { n } });
  return { method: 'PATCH', path, body, type: 'application/merge-patch+json' };
}

/** Makes the objects that are listed, from number `from` to number `to`. */
async function fill(load: Load, folder: string, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i += 100) {
    const some = Array.from({ length: 100 }, (_, k) => draft(`f${i + k}`));
    await Promise.all(some.map((body) => load.fire({ method: 'POST', path: folder, body })));
  }
}

async function rate(
  load: Load,
  name: string,
  together: number,
  shot: (i: number) => Shot,
): Promise<readonly [Row, Row]> {
  const perSecond: number[] = [];
  const p99: number[] = [];
  for (let run = 0; run < 3; run++) {
    const times: number[] = [];
    const startedMs = performance.now();
    let i = 0;
    const worker = async () => {
      while (performance.now() - startedMs < windowMs) {
        const fromMs = performance.now();
        await load.fire(shot(i++));
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

/**
 * Each of `writers` updates an object of its own, again as soon as each of `watchers` watches has shown the update. Timed
 * from sending an update until a watch has shown it.
 */
async function fanOut(
  kubeconfig: string,
  load: Load,
  folder: string,
  { watchers, writers }: { readonly watchers: number; readonly writers: number },
): Promise<readonly Row[]> {
  using following = await openFollowers(kubeconfig, 4);
  const label = `watched-${writers}`;
  for (let i = 0; i < writers; i++) {
    const metadata = { name: `${label}-${i}`, labels: { [label]: '' } };
    await load.fire({ method: 'POST', path: folder, body: JSON.stringify({ metadata, data: { filler } }) });
  }
  const under = new Map<number, { readonly sentMs: number; left: number; readonly done: () => void }>();
  let times: number[] = [];
  const markIn = createMarkReader();
  const see = (event: Buffer) => {
    const update = under.get(markIn(event));
    if (update === undefined) return; // as it was before the first
    times.push(performance.now() - update.sentMs);
    if (--update.left === 0) update.done();
  };
  const path = `${folder}?watch=true&labelSelector=${label}`;
  await Promise.all(Array.from({ length: watchers }, () => following.follow(path, createLines(see))));
  let serial = 0;
  const update = async (object: string) => {
    const mark = serial++;
    const all = new Promise<void>((done) => under.set(mark, { sentMs: performance.now(), left: watchers, done }));
    await Promise.all([load.fire(patch(object, `${marker}${mark}-`)), all]);
    under.delete(mark);
  };
  const perSecond: number[] = [];
  const p99: number[] = [];
  for (let run = 0; run < 5; run++) {
    times = [];
    const startedMs = performance.now();
    const work = async (_: unknown, i: number) => {
      while (performance.now() - startedMs < windowMs) await update(`${folder}/${label}-${i}`);
    };
    await Promise.all(Array.from({ length: writers }, work));
    perSecond.push((times.length * 1000) / (performance.now() - startedMs));
    p99.push(quantile(times, 0.99));
  }
  const name = `WATCH, updates ${writers} at a time to ${watchers} watches`;
  return [
    { name, unit: 'events a second', values: perSecond },
    { name: `${name}: p99`, unit: 'ms', values: p99 },
  ];
}
const marker = 'mark-';
const markerBytes = Buffer.from(marker);

/** Finds the number of the update that a line shows, where it was in the last one if it is there; -1 if there is none. */
function createMarkReader(): (event: Buffer) => number {
  let last = 0;
  return (event) => {
    if (!isMarkerAt(event, last)) last = Math.max(0, event.indexOf(markerBytes));
    if (!isMarkerAt(event, last)) return -1;
    let mark = 0;
    for (let at = last + marker.length; at < event.length && event[at] !== dash; at++)
      mark = mark * 10 + event[at]! - zero;
    return mark;
  };
}
const [zero, dash] = [0x30, 0x2d];

function isMarkerAt(event: Buffer, at: number): boolean {
  for (let i = 0; i < markerBytes.length; i++) if (event[at + i] !== markerBytes[i]) return false;
  return true;
}
