import { createHash } from 'node:crypto';
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

function hash(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  let letters = '';
  for (let bit = 0; bit < 80; bit += 5) {
    const pair = (digest[bit >> 3]! << 8) | digest[(bit >> 3) + 1]!;
    letters += base32[(pair >> (11 - (bit & 7))) & 31];
  }
  return letters;
}
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
