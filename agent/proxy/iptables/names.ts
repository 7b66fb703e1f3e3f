import { hash } from '../hash.ts';
import type { Protocol } from '../plan.ts';

/**
 * Names of chains that belong to one Service port or one target: what kind it is, then 16 letters of a hash,
 * since the kernel allows 28 in all. Rule: kube-proxy, so that people and tools who read rules find what they know.
 */
export type OwnedPrefix = 'KUBE-SVC-' | 'KUBE-SVL-' | 'KUBE-EXT-' | 'KUBE-FW-';
export const ownedPrefixes: readonly string[] = ['KUBE-SVC-', 'KUBE-SVL-', 'KUBE-EXT-', 'KUBE-FW-', 'KUBE-SEP-'];

export function portChain(prefix: OwnedPrefix, name: string, protocol: Protocol): string {
  return prefix + hash(name + protocol);
}

/** `target` is 'address:port', with brackets around an IPv6 address. */
export function targetChain(name: string, protocol: Protocol, target: string): string {
  return `KUBE-SEP-${hash(name + protocol + target)}`;
}
