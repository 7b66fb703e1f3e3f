import { exec } from '#lib/exec.ts';
import { agentFlags } from '../../vagrant/lab/lab.ts';
import { median, quantile } from '../bench/figures.ts';
import { home } from './checkout.ts';
import type { Machine } from './machine.ts';

interface Times {
  readonly firstMs: number;
  readonly changesMs: readonly number[];
}

/**
 * How fast 10,000 Services get into the kernel, and one change with those in place, in ipvs mode on an emulated machine. In nftables
 * mode the same program runs there and on this machine: what it takes here, by what ipvs takes beside it there, is what ipvs would.
 */
export async function benchProxy(machine: Machine, signal: AbortSignal): Promise<string> {
  const words = (node: string, folder: string, mode: string): readonly string[] => [
    ...['--net', node, ...agentFlags, `${folder}/agent/live/bench-proxy.ts`, `${services}`, `${changes}`, mode],
  ];
  const inside = async (mode: string): Promise<Times> => {
    const command = ['unshare', ...words('node_modules/.bin/node', '/mnt/skiff', mode)].join(' ');
    return JSON.parse(await machine.run(`cd /mnt/skiff; ${command}`, 600_000)) as Times;
  };
  const native = await exec('unshare', words(process.execPath, home, 'nftables'), signal, { timeoutMs: 300_000 });
  const here = JSON.parse(native.stdout) as Times;
  const [nftables, ipvs] = [await inside('nftables'), await inside('ipvs')];
  const expected = [0.5, 0.99].map((share) => {
    const [emulated, native, asked] = [nftables, here, ipvs].map(({ changesMs }) => quantile(changesMs, share));
    return ((asked! / emulated!) * native!).toFixed(0);
  });
  return [
    `${services.toLocaleString('en')} Services with 2 endpoints each; ${changes} changes of one endpoint, in ms`,
    rowOf('nftables, on this machine', here),
    rowOf('nftables, emulated', nftables),
    rowOf('ipvs, emulated', ipvs),
    `on this machine ipvs would take ${expected[0]} ms, p99 ${expected[1]} (bar 100)`,
    '',
  ].join('\n');
}
const services = 10_000;
const changes = 50;

function rowOf(what: string, { firstMs, changesMs }: Times): string {
  const [middle, late] = [median(changesMs).toFixed(0), quantile(changesMs, 0.99).toFixed(0)];
  return `${what.padEnd(26)} all ${firstMs.toFixed(0).padStart(6)}   one change: median ${middle.padStart(4)}, p99 ${late.padStart(4)}`;
}
