import { execa } from 'execa';
import { agentFlags } from '../../vagrant/lab/lab.ts';
import { home } from '../lab.ts';
import { quantile, type Row } from './figures.ts';
import { type ProxyTimes, runKubeProxy } from './kube-proxy.ts';

const modes = ['iptables', 'nftables'] as const;

/** Bars for ten thousand Services, of two endpoints each. */
const bars = { services: 10_000, firstMs: { iptables: 4_000, nftables: 2_000 }, changeMs: 100 } as const;

/**
 * How long the rules of all Services take, and how soon a change of one of them is in force, on real kernel rules, in both modes.
 * With `components` (the folder of upstream's programs) its kube-proxy does the same in between, and has to be slower.
 */
export async function measureProxy(
  counts: readonly number[],
  runs: number,
  components: string | undefined,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const services of counts) {
    const isBarred = services === bars.services;
    const measured = new Map<string, ProxyTimes[]>();
    const add = (name: string, times: ProxyTimes) => measured.set(name, [...(measured.get(name) ?? []), times]);
    for (let run = 0; run < runs; run++) {
      for (const mode of modes) add(mode, await runOurs(mode, services));
    }
    // Few changes: with each it writes everything, which takes it minutes.
    if (components !== undefined && isBarred)
      add('kube-proxy', await runKubeProxy(`${components}/kube-proxy`, services, 2));
    for (const [name, times] of measured) {
      const first = times.map(({ firstMs }) => firstMs);
      const late = times.map(({ changesMs }) => quantile(changesMs, 0.99));
      const title = `proxy (${name}), ${services.toLocaleString('en')} Services`;
      const bar = isBarred && name !== 'kube-proxy';
      rows.push(
        { name: `${title}: all`, unit: 'ms', values: first, ...(bar && { atMost: bars.firstMs[name as 'iptables'] }) },
        { name: `${title}: one change`, unit: 'ms', values: times.flatMap(({ changesMs }) => changesMs) },
        { name: `${title}: one change, p99`, unit: 'ms', values: late, ...(bar && { atMost: bars.changeMs }) },
      );
    }
    rows.push(...againstUpstream(measured));
  }
  return rows;
}

/** As the agent is run. */
async function runOurs(mode: string, services: number): Promise<ProxyTimes> {
  const program = [process.execPath, ...agentFlags, `${home}/agent/live/bench-proxy.ts`, String(services), '50', mode];
  const { stdout } = await execa('unshare', ['--net', ...program]); // the rules end with the namespace
  return JSON.parse(stdout) as ProxyTimes;
}

function againstUpstream(measured: ReadonlyMap<string, readonly ProxyTimes[]>): readonly Row[] {
  const [theirs] = measured.get('kube-proxy') ?? [];
  if (theirs === undefined) return [];
  return modes.flatMap((mode): readonly Row[] => {
    const ours = measured.get(mode)!;
    const late = quantile(theirs.changesMs, 0.5);
    return [
      {
        name: `proxy (${mode}) / kube-proxy: all`,
        unit: 'x',
        values: ours.map(({ firstMs }) => firstMs / theirs.firstMs),
        atMost: 1,
      },
      {
        name: `proxy (${mode}) / kube-proxy: one change`,
        unit: 'x',
        values: ours.map(({ changesMs }) => quantile(changesMs, 0.5) / late),
        atMost: 1,
      },
    ];
  });
}
