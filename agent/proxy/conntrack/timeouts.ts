import type { Exec } from '#lib/exec.ts';

/**
 * How long the kernel remembers connections, and how many: other programs of the node, and people, know it from kube-proxy. What the
 * kernel lets nobody change here (in a namespace of its own: how many) stays. Rule: kube-proxy, its settings under `conntrack`.
 */
export async function setConntrack(cores: number, exec: Exec, signal: AbortSignal): Promise<void> {
  const most = Math.max(leastEntries, cores * entriesPerCore);
  for (const { name, wanted, isLeast } of [...timeouts, { name: 'nf_conntrack_max', wanted: most, isLeast: true }]) {
    const path = `/proc/sys/net/${isLeast ? '' : 'netfilter/'}${name}`;
    const { stdout } = await exec('cat', [path], signal, { okCodes: [0, 1] });
    const found = Number.parseInt(stdout, 10);
    if (Number.isNaN(found) || (isLeast ? found >= wanted : found === wanted)) continue;
    await exec('tee', [path], signal, { input: `${wanted}\n`, okCodes: [0, 1] });
  }
}
const leastEntries = 131_072;
const entriesPerCore = 32_768;
const timeouts = [
  { name: 'nf_conntrack_tcp_timeout_established', wanted: 86_400, isLeast: false },
  { name: 'nf_conntrack_tcp_timeout_close_wait', wanted: 3_600, isLeast: false },
];
