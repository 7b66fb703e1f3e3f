import { milliValue, wholeValue } from '#lib/api/quantity.ts';
import type { Container, Pod, ResourceFieldSelector } from '#lib/api/types/core.v1.ts';

/** What a downward API reference needs to know beyond the pod's object: the kubelet knows some of it before the API does. */
export interface DownwardFacts {
  readonly pod: Pod;
  /** Addresses of the pod, primary first; empty while there is no sandbox. */
  readonly podIPs: readonly string[];
  /** Addresses of the node, primary first. */
  readonly hostIPs: readonly string[];
  /** `status.allocatable` of the node: what a container without a limit is told. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/**
 * The value of a `fieldRef`. An absent label or annotation is the empty string.
 * @throws {RangeError} with upstream's words if there is no such field
 */
export function fieldValue(path: string, { pod, podIPs, hostIPs }: DownwardFacts): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed !== null) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2]!] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return lines(metadata.labels);
    case 'metadata.annotations':
      return lines(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
      return hostIPs[0] ?? '';
    case 'status.hostIPs':
      return hostIPs.join(',');
    case 'status.podIP':
      return podIPs[0] ?? '';
    case 'status.podIPs':
      return podIPs.join(',');
    default:
      throw new RangeError(`unsupported fieldPath: ${path}`);
  }
}

/**
 * The value of a `resourceFieldRef`, seen from `own` unless it names another container.
 * A cpu, memory or ephemeral-storage limit that is not set is the pod's, then the node's allocatable; other things unset are 0.
 * @throws {RangeError} with upstream's words if there is no such container or resource
 */
export function resourceValue(
  { containerName, resource, divisor }: ResourceFieldSelector,
  own: Container | undefined,
  { pod, allocatable }: DownwardFacts,
): string {
  const container = containerName ? containerNamed(pod, containerName) : own;
  if (container === undefined) throw new RangeError(`container ${containerName ?? ''} not found`);
  const [, kind, name] = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(resource) ?? [];
  if (kind === undefined || name === undefined) throw new RangeError(`unsupported container resource : ${resource}`);
  const stated = container.resources?.[kind as 'limits' | 'requests']?.[name];
  const value = isSet(stated) ? stated : kind === 'limits' ? fallback(pod, name, allocatable) : undefined;
  return ratio(value ?? '0', divisor ?? '0', name === 'cpu' ? milliValue : wholeValue);
}

/** How many times `divisor` goes into `quantity`, rounded up; a zero divisor counts as 1. Rule: downward API, "divisor". */
function ratio(quantity: string, divisor: string, measure: (text: string) => number): string {
  return `${Math.ceil(measure(quantity) / (measure(divisor) || measure('1')))}`;
}

function fallback(pod: Pod, name: string, allocatable: Readonly<Record<string, string>>): string | undefined {
  return name.startsWith('hugepages-') ? undefined : (pod.spec.resources?.limits?.[name] ?? allocatable[name]);
}

function isSet(quantity: string | undefined): quantity is string {
  return quantity !== undefined && /[1-9]/.test(quantity);
}

function containerNamed({ spec }: Pod, name: string): Container | undefined {
  return [...spec.containers, ...(spec.initContainers ?? [])].find((container) => container.name === name);
}

/** One `key="value"` a line, sorted, quoted as Go's %q has it. */
function lines(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${quote(value)}`)
    .join('\n');
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, escaped)}"`;
}

function escaped(char: string): string {
  const short = shortEscapes[char];
  if (short !== undefined) return short;
  const code = char.codePointAt(0)!;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}
const shortEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
