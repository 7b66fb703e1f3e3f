// Addresses and ranges in API objects. Each function returns what is wrong, in upstream's words.
import { parseCidr, parseIp } from '#lib/ip.ts';

export function wrongIp(text: string): readonly string[] {
  return parseIp(text) === undefined ? ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : [];
}

export function wrongCidr(text: string): readonly string[] {
  return parseCidr(text) === undefined ? ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'] : [];
}
