import type { Exec } from '#lib/exec.ts';
import type { Family } from '#lib/ip.ts';

/**
 * Lets the node forward. Where bridges hand packets to iptables it must be on: else an answer between two pods of one node
 * would go straight over the bridge, untranslated. Where the kernel has no such switch nothing is done.
 */
export async function setSysctls(families: readonly Family[], exec: Exec, signal: AbortSignal): Promise<void> {
  const wanted = families.flatMap((family) => (family === 4 ? ipv4 : ipv6));
  for (const { path, isOptional } of wanted) {
    const { stdout, exitCode } = await exec('cat', [path], signal, { okCodes: [0, 1] });
    if ((exitCode !== 0 && isOptional) || stdout.trim() === '1') continue;
    await exec('tee', [path], signal, { input: '1\n' });
  }
}
const ipv4 = [
  { path: '/proc/sys/net/ipv4/ip_forward', isOptional: false },
  { path: '/proc/sys/net/bridge/bridge-nf-call-iptables', isOptional: true },
];
const ipv6 = [
  { path: '/proc/sys/net/ipv6/conf/all/forwarding', isOptional: false },
  { path: '/proc/sys/net/bridge/bridge-nf-call-ip6tables', isOptional: true },
];
