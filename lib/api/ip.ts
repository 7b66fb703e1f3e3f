// Addresses and ranges in API objects. Each function returns what is wrong, in upstream's words.
import { contains, formatIp, parseCidr, parseIp } from '#lib/ip.ts';

export function wrongIp(text: string): readonly string[] {
  return parseIp(text) === undefined ? ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : [];
}

/** Of an address to which traffic is to come from elsewhere: not one that means this machine, its link, or nothing. */
export function wrongReach(text: string): readonly string[] {
  const address = parseIp(text);
  if (address === undefined) return [];
  return special
    .filter(([, ranges]) => ranges.some((range) => contains(parseCidr(range)!, address)))
    .map(([message]) => message.replace('ADDRESS', formatIp(address)));
}
const special: readonly (readonly [string, readonly string[]])[] = [
  ['may not be unspecified (ADDRESS)', ['0.0.0.0/32', '::/128']],
  ['may not be in the loopback range (127.0.0.0/8, ::1/128)', ['127.0.0.0/8', '::1/128']],
  ['may not be in the link-local range (169.254.0.0/16, fe80::/10)', ['169.254.0.0/16', 'fe80::/10']],
  ['may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)', ['224.0.0.0/24', 'ff02::/16']],
];

export function wrongCidr(text: string): readonly string[] {
  return parseCidr(text) === undefined ? ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'] : [];
}
