import type { Exec } from '#lib/exec.ts';
import type { ChainId, Rule } from './rules.ts';

/** Lets what is sent to 127.0.0.1 be translated. The rule that keeps neighbours from it stands before. Rule: kube-proxy --iptables-localhost-nodeports. */
export function serveLocalhost(isServed: boolean, exec: Exec, signal: AbortSignal): Promise<unknown> {
  return exec('tee', ['/proc/sys/net/ipv4/conf/all/route_localnet'], signal, { input: `${Number(isServed)}\n` });
}

/** Whether rules that were found served node ports at 127.0.0.1. */
export function wasLocalhostServed(chains: ReadonlyMap<ChainId, readonly Rule[]>): boolean {
  const rules = chains.get('nat KUBE-SERVICES') ?? [];
  return rules.some((rule) => rule.endsWith(' -j KUBE-NODEPORTS') && !/(?:^| )-d /.test(rule));
}
