import { isIP } from 'node:net';
import { badRequest } from '#lib/api/status.ts';
import { contains, parseCidr, parseIp } from '#lib/ip.ts';
import type { KeyPair } from '#lib/pki/certificate.ts';

/** Where a proxied request goes. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** Absent: plain HTTP. */
  readonly tls?: TargetTls;
}

export interface TargetTls {
  /** PEM of the authority that must have signed the other end's certificate; absent: any will do (pods and Services). */
  readonly ca?: string;
  /** Absent `ca` means those that the machine trusts. */
  readonly isPublic?: boolean;
  /** The name that the other end's certificate must be for, if not `host`. */
  readonly servername?: string;
  /** What we show of ourselves. */
  readonly client?: KeyPair;
}

/**
 * `name`, `name:port` or `scheme:name:port`, as a proxy subresource takes its object.
 * @throws {StatusError} BadRequest
 */
export function parseProxyName(text: string): {
  readonly scheme: 'http' | 'https' | '';
  readonly name: string;
  readonly port: string;
} {
  const parts = text.split(':');
  if (parts.length === 1) return { scheme: '', name: text, port: '' };
  const [first = '', second = '', third = ''] = parts;
  if (parts.length === 2) return { scheme: '', name: first, port: second };
  if (parts.length > 3 || (first !== 'http' && first !== 'https' && first !== '')) {
    throw badRequest(`invalid proxy request ${JSON.stringify(text)}`);
  }
  return { scheme: first, name: second, port: third };
}

/**
 * Refuses addresses that lead to this machine rather than to a pod.
 * @throws {StatusError} BadRequest. Rule: upstream's IsProxyableIP
 */
export function refuseUnproxyable(address: string): void {
  const ip = parseIp(address);
  if (isIP(address) === 0 || ip === undefined || refused.some((range) => contains(range, ip))) {
    throw badRequest(`address ${JSON.stringify(address)} is not allowed`);
  }
}

const refused = [
  '127.0.0.0/8',
  '0.0.0.0/32',
  '169.254.0.0/16',
  '224.0.0.0/24',
  '::1/128',
  '::/128',
  'fe80::/10',
  'ff02::/16',
].map((range) => parseCidr(range)!);
