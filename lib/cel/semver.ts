import type { Environment } from '@marcbachmann/cel-js';

class Version {
  readonly numbers: readonly [number, number, number];
  /** Of a prerelease; none: it is a release, which is newer. */
  readonly tags: readonly string[];

  constructor(numbers: readonly [number, number, number], tags: readonly string[]) {
    this.numbers = numbers;
    this.tags = tags;
  }
}

/** Rule: k8s.io/apiserver pkg/cel/library, semver; Semantic Versioning 2.0.0. */
export function addSemverFunctions(environment: Environment): void {
  const type = 'kubernetes.Semver';
  environment
    .registerType(type, { ctor: Version, fields: {} })
    .registerFunction(`semver(string): ${type}`, (text: string) => {
      const version = parse(text);
      if (version === undefined) throw new Error(`invalid semantic version: ${JSON.stringify(text)}`);
      return version;
    })
    .registerFunction(`semver(string, bool): ${type}`, (text: string, normalizes: boolean) => {
      const version = parse(normalizes ? normalized(text) : text);
      if (version === undefined) throw new Error(`invalid semantic version: ${JSON.stringify(text)}`);
      return version;
    })
    .registerFunction('isSemver(string): bool', (text: string) => parse(text) !== undefined)
    .registerFunction('isSemver(string, bool): bool', (text: string, normalizes: boolean) => {
      return parse(normalizes ? normalized(text) : text) !== undefined;
    })
    .registerFunction(`${type}.major(): int`, ({ numbers }: Version) => BigInt(numbers[0]))
    .registerFunction(`${type}.minor(): int`, ({ numbers }: Version) => BigInt(numbers[1]))
    .registerFunction(`${type}.patch(): int`, ({ numbers }: Version) => BigInt(numbers[2]))
    .registerFunction(`${type}.isGreaterThan(${type}): bool`, (a: Version, b: Version) => compare(a, b) > 0)
    .registerFunction(`${type}.isLessThan(${type}): bool`, (a: Version, b: Version) => compare(a, b) < 0)
    .registerFunction(`${type}.compareTo(${type}): int`, (a: Version, b: Version) => BigInt(Math.sign(compare(a, b))))
    .registerOperator(`${type} == ${type}`, (a: Version, b: Version) => compare(a, b) === 0);
}

const number = '(0|[1-9]\\d*)';
const form = new RegExp(`^${number}\\.${number}\\.${number}(?:-([0-9A-Za-z.-]+))?(?:\\+[0-9A-Za-z.-]+)?$`);

function parse(text: string): Version | undefined {
  const [, major, minor, patch, tags] = form.exec(text) ?? [];
  if (major === undefined) return undefined;
  return new Version([Number(major), Number(minor), Number(patch)], tags === undefined ? [] : tags.split('.'));
}

/** Without a leading `v` and leading zeros, with all three numbers. */
function normalized(text: string): string {
  const [, numbers = '', rest = ''] = /^v?([\d.]*)(.*)$/s.exec(text) ?? [];
  const parts = numbers.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3 && numbers !== '') parts.push('0');
  return parts.join('.') + rest;
}

function compare(a: Version, b: Version): number {
  for (const at of [0, 1, 2] as const) if (a.numbers[at] !== b.numbers[at]) return a.numbers[at] - b.numbers[at];
  if (a.tags.length === 0 || b.tags.length === 0) return b.tags.length - a.tags.length;
  for (let at = 0; at < Math.min(a.tags.length, b.tags.length); at++) {
    const order = compareTags(a.tags[at]!, b.tags[at]!);
    if (order !== 0) return order;
  }
  return a.tags.length - b.tags.length;
}

function compareTags(a: string, b: string): number {
  const [isA, isB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isA && isB) return Number(a) - Number(b);
  if (isA !== isB) return isA ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
