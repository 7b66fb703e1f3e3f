// Addresses and ranges as API objects may have them: without forms that some programs read otherwise than others. Each
// function returns what is wrong, in upstream's words. Rule: apimachinery util/validation IsValidIP, IsValidCIDR and their
// forms for older fields.
import { formatCidr, formatIp, parseCidr, parseIp } from '#lib/ip.ts';

/** Of a field of older kinds: any form of an address that reads the same everywhere. */
export function wrongStrictIp(text: string): readonly string[] {
  const plain = withoutZeros(text);
  if (parseIp(plain) === undefined) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
  if (plain !== text) return ['must not have leading 0s'];
  return isMapped(text) ? ['must not be an IPv4-mapped IPv6 address'] : [];
}

export function wrongStrictCidr(text: string): readonly string[] {
  const slash = text.indexOf('/');
  const address = withoutZeros(text.slice(0, slash));
  const plain = `${address}/${text.slice(slash + 1).replace(/^0+(?=\d)/, '')}`;
  const cidr = slash === -1 ? undefined : parseCidr(plain);
  if (cidr === undefined) return ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
  if (plain !== text) return ['must not have leading 0s in IP or prefix length'];
  if (isMapped(address)) return ['must not have an IPv4-mapped IPv6 address'];
  return parseIp(address)!.value === cidr.base ? [] : ['must not have bits set beyond the prefix length'];
}

/** Of a field of newer kinds: the one usual form. */
export function wrongUsualIp(text: string): readonly string[] {
  const wrong = wrongStrictIp(text);
  return wrong.length > 0 ? wrong : otherThan(formatIp(parseIp(text)!), text);
}

export function wrongUsualCidr(text: string): readonly string[] {
  const wrong = wrongStrictCidr(text);
  return wrong.length > 0 ? wrong : otherThan(formatCidr(parseCidr(text)!), text);
}

/** An address with the length of its network's prefix, in the one usual form. Rule: IsValidInterfaceAddress. */
export function wrongInterfaceAddress(text: string): readonly string[] {
  const [address = '', length = ''] = text.split(/\/(.*)/s);
  const plain = withoutZeros(address);
  const ip = parseIp(plain);
  if (ip === undefined || parseCidr(`${plain}/${length.replace(/^0+(?=\d)/, '')}`) === undefined) {
    return ['must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)'];
  }
  return otherThan(`${formatIp(ip)}/${Number(length)}`, text);
}

function otherThan(usual: string, text: string): readonly string[] {
  return usual === text ? [] : [`must be in canonical form (${JSON.stringify(usual)})`];
}

/** Zeros in front of a number with dots: some take it for octal. */
function withoutZeros(text: string): string {
  return text.includes('.') ? text.replaceAll(/(?<=^|[.:])0+(?=\d+(?:\.|$))/g, '') : text;
}

function isMapped(text: string): boolean {
  const ip = parseIp(text);
  return ip?.family === 6 && ip.value >> 32n === 0xffffn;
}
