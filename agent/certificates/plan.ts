// When a certificate is to be replaced, and whether it still names what it should. Pure.
import type { Life, Names } from '#lib/pki/held.ts';

/**
 * When to ask for the next certificate: after 70 to 90 % of its life, so that a cluster whose nodes were made together
 * does not renew them together.
 * Rule: client-go certificate manager, nextRotationDeadline.
 * @param chance from 0 to 1
 */
export function renewAtMs({ fromMs, untilMs }: Life, chance: number): number {
  return fromMs + (untilMs - fromMs) * (0.7 + 0.2 * chance);
}

export function isSame(a: Names, b: Names): boolean {
  return isSameSet(a.dnsNames, b.dnsNames) && isSameSet(a.ips, b.ips);
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  const [left, right] = [new Set(a), new Set(b)];
  return left.size === right.size && [...left].every((one) => right.has(one));
}

/** What a node's serving certificate is good for: its own name and its addresses. Rule: kubelet, server certificate template. */
export function namesOf(
  nodeName: string,
  addresses: readonly { readonly type: string; readonly address: string }[],
): Names {
  const of = (...types: readonly string[]) =>
    addresses.filter(({ type }) => types.includes(type)).map(({ address }) => address);
  return {
    dnsNames: [...new Set([nodeName, ...of('Hostname', 'InternalDNS', 'ExternalDNS')])],
    ips: [...new Set(of('InternalIP', 'ExternalIP'))],
  };
}
