// /statusz and /flagz: what a component is and how it was started, for people, and for programs that ask for it by a version.
// Pure. Rule: KEP-4827, KEP-4828; "Kubernetes z-pages".
import { failure } from './api/status.ts';
import { timestamp } from './api/timestamp.ts';

export interface Page {
  readonly type: string;
  readonly body: string;
}

export interface StatusFacts {
  readonly component: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** Such as 'v1.37.0+a1'. */
  readonly version: string;
  readonly paths: readonly string[];
}

/** @throws {StatusError} NotAcceptable for what `accept` wants */
export function statusz(accept: string | undefined, facts: StatusFacts): Page {
  const { component, startedAtMs, nowMs, paths } = facts;
  const [, binaryVersion = '', emulationVersion = ''] = /^v?((\d+\.\d+).*)$/.exec(facts.version) ?? [];
  const goVersion = `node ${process.version}`; // what it runs on
  const uptimeSeconds = Math.max(0, Math.floor((nowMs - startedAtMs) / 1000));
  const version = versionWanted(accept, 'Statusz');
  if (version !== undefined) {
    const startTime = timestamp(startedAtMs);
    const rest = { startTime, uptimeSeconds, goVersion, binaryVersion, emulationVersion, paths };
    return json({ kind: 'Statusz', apiVersion: `${group}/${version}`, metadata: { name: component }, ...rest });
  }
  const two = (value: number) => String(Math.floor(value) % 60).padStart(2, '0');
  const up = `${Math.floor(uptimeSeconds / 3600)} hr ${two(uptimeSeconds / 60)} min ${two(uptimeSeconds)} sec`;
  const lines = [
    `Started: ${unixDate(startedAtMs)}`,
    `Up: ${up}`,
    `Go version: ${goVersion}`,
    `Binary version: ${binaryVersion}`,
    `Emulation version: ${emulationVersion}`,
    `Paths: ${paths.join(' ')}`,
  ];
  return text(`\n${component} statusz\n${warning}\n\n${lines.join('\n')}\n`);
}

/** `flags`: by name, without dashes. @throws {StatusError} NotAcceptable for what `accept` wants */
export function flagz(accept: string | undefined, component: string, flags: Readonly<Record<string, string>>): Page {
  const version = versionWanted(accept, 'Flagz');
  if (version !== undefined)
    return json({ kind: 'Flagz', apiVersion: `${group}/${version}`, metadata: { name: component }, flags });
  const lines = Object.entries(flags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}\n`);
  return text(`\n${component} flags\n${warning}\n\n${lines.join('')}`);
}

const group = 'config.k8s.io';
const versions = ['v1alpha1', 'v1beta1'];
const warning = 'Warning: for people in search of a fault. Its form may change any time: programs ask for JSON.';

/** `undefined`: as text. The first that can be served counts; JSON without all of group, version and kind cannot. */
function versionWanted(accept: string | undefined, kind: string): string | undefined {
  if (accept === undefined || accept.trim() === '') return undefined;
  for (const wish of accept.split(',')) {
    const [type = '', ...rest] = wish.split(';').map((word) => word.trim());
    const given = new Map(rest.map((word) => word.split('=') as [string, string]));
    if (['text/plain', 'text/*', '*/*'].includes(type.toLowerCase())) return undefined;
    const version = given.get('v') ?? '';
    const isKnown = given.get('g') === group && given.get('as') === kind && versions.includes(version);
    if (type.toLowerCase() === 'application/json' && isKnown) return version;
  }
  const known = versions.map((version) => `application/json;g=${group};v=${version};as=${kind}`);
  throw failure('NotAcceptable', `only the following media types are accepted: ${['text/plain', ...known].join(', ')}`);
}

function json(value: unknown): Page {
  return { type: 'application/json', body: JSON.stringify(value) };
}

function text(body: string): Page {
  return { type: 'text/plain; charset=utf-8', body };
}

/** As `date` prints it: Wed Oct 16 21:03:43 UTC 2024. */
function unixDate(atMs: number): string {
  const [weekday = '', day = '', month, year, time] = new Date(atMs).toUTCString().split(/,? /);
  return `${weekday} ${month} ${day.replace(/^0/, ' ')} ${time} UTC ${year}`;
}
