// Addresses that mean something, but are not written as they should be.
// Rule: apimachinery util/validation, GetWarningsForIP and GetWarningsForCIDR.
import { formatCidr, formatIp, type Ip, parseCidr, parseIp, widthOf } from '#lib/ip.ts';
import type { Path } from '../../field-errors.ts';

export function ipWarnings(path: Path, value: string): string[] {
  const ip = parseIp(value);
  if (ip === undefined) return [];
  const mapped = mappedIpv4(ip);
  if (mapped !== undefined) return [nonStandard(path, 'IP address', value, formatIp(mapped))];
  const usual = formatIp(ip);
  if (ip.family === 4 || usual === value) return [];
  return [`${path}: IPv6 address "${value}" should be in RFC 5952 canonical format ("${usual}")`];
}

export function cidrWarnings(path: Path, value: string): string[] {
  const [range, ip] = [parseCidr(value), parseIp(value.slice(0, value.indexOf('/')))];
  if (range === undefined || ip === undefined) return [];
  const usual = formatCidr(range);
  const warnings: string[] = [];
  if (range.base !== ip.value) {
    const one = `${formatIp(ip)}/${widthOf(ip.family)}`;
    warnings.push(`${path}: CIDR value "${value}" is ambiguous in this context (should be "${usual}" or "${one}"?)`);
  }
  const mapped = range.bits >= 96 ? mappedIpv4({ family: ip.family, value: range.base }) : undefined;
  if (mapped !== undefined) {
    warnings.push(nonStandard(path, 'CIDR value', value, `${formatIp(mapped)}/${range.bits - 96}`));
  } else if (warnings.length === 0 && ip.family === 6 && usual !== value) {
    warnings.push(`${path}: IPv6 CIDR value "${value}" should be in RFC 5952 canonical format ("${usual}")`);
  }
  return warnings;
}

function nonStandard(path: Path, what: string, value: string, usual: string): string {
  return `${path}: non-standard ${what} "${value}" will be considered invalid in a future Kubernetes release: use "${usual}"`;
}

function mappedIpv4({ family, value }: Ip): Ip | undefined {
  return family === 6 && value >> 32n === 0xffffn ? { family: 4, value: value & 0xffffffffn } : undefined;
}
