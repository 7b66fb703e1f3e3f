import type { Container, Probe } from '#lib/api/types/core.v1.ts';

/** Number of a port that a probe names. @throws {RangeError} in upstream's words */
export function portOf(port: number | string | undefined, container: Container): number {
  if (typeof port === 'number') return checked(port);
  const named = container.ports?.find(({ name }) => name === port);
  if (named !== undefined) return checked(named.containerPort);
  if (/^\d+$/.test(port ?? '')) return checked(Number(port));
  throw new RangeError(`couldn't find port: ${JSON.stringify(port ?? '')}`);
}

function checked(port: number): number {
  if (port > 0 && port < 65536) return port;
  throw new RangeError(`invalid port number: ${port}`);
}

export interface HttpTarget {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

/** Where an httpGet probe or hook goes. */
export function httpTargetOf(
  get: NonNullable<Probe['httpGet']>,
  container: Container,
  podIp: string,
  who: 'probe' | 'lifecycle' = 'probe',
): HttpTarget {
  const host = get.host || podIp;
  const scheme = (get.scheme ?? 'HTTP').toLowerCase();
  const path = get.path ?? '/';
  const shown = host.includes(':') ? `[${host}]` : host;
  const url = new URL(`${scheme}://${shown}:${portOf(get.port, container)}${path.startsWith('/') ? '' : '/'}${path}`);
  const headers: Record<string, string | string[]> = { 'user-agent': `kube-${who}/1.37`, accept: '*/*' };
  const given = new Map<string, string[]>();
  for (const { name, value } of get.httpHeaders ?? []) {
    const key = name.toLowerCase();
    given.set(key, [...(given.get(key) ?? []), value]);
  }
  for (const [name, values] of given) {
    if (values.length === 1 && values[0] === '')
      delete headers[name]; // an empty value takes a default away
    else headers[name] = values.length === 1 ? values[0]! : values;
  }
  return { url, headers };
}
