import type { Environment } from '@marcbachmann/cel-js';
import { type Cidr, contains, formatCidr, formatIp, type Ip, parseCidr, parseIp } from '#lib/ip.ts';

class Address {
  readonly ip: Ip;

  constructor(ip: Ip) {
    this.ip = ip;
  }
}

class Range {
  readonly cidr: Cidr;
  readonly first: Ip;

  constructor(cidr: Cidr, first: Ip) {
    this.cidr = cidr;
    this.first = first;
  }
}

class AddressFunctions {}

const ipType = 'net.IP';
const cidrType = 'net.CIDR';

/** Rule: k8s.io/apiserver pkg/cel/library, ip and cidr. */
export function addAddressFunctions(environment: Environment): void {
  const within = (range: string) => {
    const cidr = parseCidr(range)!;
    return ({ ip }: Address) => ip.family === cidr.family && contains(cidr, ip);
  };
  const either = (four: string, six: string) => {
    const [a, b] = [within(four), within(six)];
    return (address: Address) => (address.ip.family === 4 ? a(address) : b(address));
  };
  environment
    .registerType(ipType, { ctor: Address, fields: {} })
    .registerType(cidrType, { ctor: Range, fields: {} })
    .registerFunction(`ip(string): ${ipType}`, (text: string) => addressOf(text))
    .registerType('net.Functions', { ctor: AddressFunctions, fields: {} })
    .registerConstant('ip', 'net.Functions', new AddressFunctions())
    .registerFunction('net.Functions.isCanonical(string): bool', (_: unknown, text: string) => {
      return formatIp(addressOf(text).ip) === text;
    })
    .registerFunction('isIP(string): bool', (text: string) => parseIp(text) !== undefined)
    .registerFunction(`string(${ipType}): string`, ({ ip }: Address) => formatIp(ip))
    .registerFunction(`${ipType}.family(): int`, ({ ip }: Address) => BigInt(ip.family))
    .registerFunction(`${ipType}.isUnspecified(): bool`, ({ ip }: Address) => ip.value === 0n)
    .registerFunction(`${ipType}.isLoopback(): bool`, either('127.0.0.0/8', '::1/128'))
    .registerFunction(`${ipType}.isLinkLocalUnicast(): bool`, either('169.254.0.0/16', 'fe80::/10'))
    .registerFunction(`${ipType}.isLinkLocalMulticast(): bool`, either('224.0.0.0/24', 'ff02::/16'))
    .registerFunction(`${ipType}.isGlobalUnicast(): bool`, (address: Address) => isGlobalUnicast(address, either))
    .registerOperator(`${ipType} == ${ipType}`, (a: Address, b: Address) => same(a.ip, b.ip))
    .registerFunction(`cidr(string): ${cidrType}`, (text: string) => rangeOf(text))
    .registerFunction('isCIDR(string): bool', (text: string) => parseCidr(text) !== undefined)
    .registerFunction(`string(${cidrType}): string`, ({ cidr, first }: Range) => `${formatIp(first)}/${cidr.bits}`)
    .registerOperator(`${cidrType} == ${cidrType}`, (a: Range, b: Range) => {
      return a.cidr.bits === b.cidr.bits && same(a.first, b.first);
    })
    .registerFunction(`${cidrType}.ip(): ${ipType}`, ({ first }: Range) => new Address(first))
    .registerFunction(`${cidrType}.prefixLength(): int`, ({ cidr }: Range) => BigInt(cidr.bits))
    .registerFunction(`${cidrType}.masked(): ${cidrType}`, ({ cidr }: Range) => rangeOf(formatCidr(cidr)))
    .registerFunction(`${cidrType}.containsIP(${ipType}): bool`, (a: Range, b: Address) => holds(a, b.ip))
    .registerFunction(`${cidrType}.containsIP(string): bool`, (a: Range, b: string) => holds(a, addressOf(b).ip))
    .registerFunction(`${cidrType}.containsCIDR(${cidrType}): bool`, (a: Range, b: Range) => holdsRange(a, b))
    .registerFunction(`${cidrType}.containsCIDR(string): bool`, (a: Range, b: string) => holdsRange(a, rangeOf(b)));
}

function isGlobalUnicast(address: Address, either: (four: string, six: string) => (one: Address) => boolean): boolean {
  const special = [
    either('127.0.0.0/8', '::1/128'),
    either('224.0.0.0/4', 'ff00::/8'),
    either('169.254.0.0/16', 'fe80::/10'),
    either('255.255.255.255/32', '::/128'),
    either('0.0.0.0/32', '::/128'),
  ];
  return !special.some((isSpecial) => isSpecial(address));
}

function addressOf(text: string): Address {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
  return new Address(ip);
}

function rangeOf(text: string): Range {
  const cidr = parseCidr(text);
  const first = parseIp(text.split('/')[0] ?? '');
  if (cidr === undefined || first === undefined) {
    throw new Error('network address parse error during conversion from string');
  }
  return new Range(cidr, first);
}

function same(a: Ip, b: Ip): boolean {
  return a.family === b.family && a.value === b.value;
}

function holds({ cidr }: Range, ip: Ip): boolean {
  return cidr.family === ip.family && contains(cidr, ip);
}

function holdsRange(outer: Range, inner: Range): boolean {
  const start = { family: inner.cidr.family, value: inner.cidr.base };
  return holds(outer, start) && outer.cidr.bits <= inner.cidr.bits;
}
