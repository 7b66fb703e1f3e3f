import { parseIp } from '#lib/ip.ts';

export function isIpv4(text: string): boolean {
  return parseIp(text)?.family === 4;
}

export function isIpv6(text: string): boolean {
  return parseIp(text)?.family === 6;
}
