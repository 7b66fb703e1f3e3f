import { ensureComponents } from '../conformance/suite.ts';
import { type ApiGroup, measureApi } from './api.ts';
import { median, type Row } from './figures.ts';
import { startServer } from './server.ts';
import { startUpstream } from './upstream.ts';

/** A control plane of ours in turn with upstream's and etcd (A B A B), without nodes, and how many times as fast ours is. */
export async function measureVersus(turns: number, groups: readonly ApiGroup[]): Promise<readonly Row[]> {
  const components = await ensureComponents((line) => process.stdout.write(`${line}\n`));
  await using ours = await startServer();
  await using theirs = await startUpstream(components, ours.kubeconfig);
  const rows = new Map<string, Row>();
  for (let turn = 0; turn < turns; turn++) {
    for (const row of await measureApi(ours.kubeconfig, '', groups)) join(rows, row);
    for (const row of await measureApi(theirs.kubeconfig, upstream, groups)) join(rows, row);
  }
  return [...rows.values(), ...ratios(rows)];
}
const upstream = 'upstream: ';

function join(rows: Map<string, Row>, row: Row): void {
  const before = rows.get(row.name)?.values ?? [];
  rows.set(row.name, { ...row, values: [...before, ...row.values] });
}

/** The bars are on these: times of upstream's throughput, and no p99 that is worse. */
export function ratios(rows: ReadonlyMap<string, Row>): readonly Row[] {
  return [...rows.values()].flatMap(({ name, unit, values }) => {
    const theirs = rows.get(`${upstream}${name}`);
    if (theirs === undefined) return [];
    const bar = unit === 'ms' ? { atMost: 1 } : barOf(name);
    return [{ name: `${name}: Skiff / upstream`, unit: 'x', values: [median(values) / median(theirs.values)], ...bar }];
  });
}

function barOf(name: string): { readonly atLeast?: number } {
  for (const [start, atLeast] of Object.entries(bars)) if (name.startsWith(start)) return { atLeast };
  return {};
}
const bars = { CREATE: 1.5, GET: 2, UPDATE: 1.5, 'LIST of 1,000': 5, WATCH: 3 };
