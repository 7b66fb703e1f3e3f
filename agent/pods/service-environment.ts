import type { Service } from '#lib/api/types/core.v1.ts';

/**
 * Variables by which a pod of `namespace` finds the Services that were there before it: NAME_SERVICE_HOST and so on.
 *
 * `kubernetes` of namespace `default` always counts; the pod's own namespace only with `enableServiceLinks`, and then it wins.
 * Rule: Service documentation, "Environment variables"; the docker-compatible link variables of the same section.
 */
export function serviceEnvironment(
  services: Iterable<Service>,
  namespace: string,
  enableServiceLinks: boolean,
): ReadonlyMap<string, string> {
  const counted = new Map<string, Service>();
  for (const service of services) {
    const { clusterIP } = service.spec;
    if (!clusterIP || clusterIP === 'None') continue;
    const { name, namespace: at = 'default' } = service.metadata;
    if (at === namespace && enableServiceLinks) counted.set(name, service);
    else if (at === 'default' && name === 'kubernetes' && !counted.has(name)) counted.set(name, service);
  }
  const result = new Map<string, string>();
  for (const name of [...counted.keys()].sort()) {
    for (const [key, value] of variablesOf(counted.get(name)!)) result.set(key, value);
  }
  return result;
}

function* variablesOf(service: Service): Generator<readonly [string, string]> {
  const { clusterIP = '', ports = [] } = service.spec;
  const prefix = shout(service.metadata.name);
  const [first] = ports;
  if (first === undefined) return;
  yield [`${prefix}_SERVICE_HOST`, clusterIP];
  yield [`${prefix}_SERVICE_PORT`, `${first.port}`];
  for (const { name, port } of ports) {
    if (name) yield [`${prefix}_SERVICE_PORT_${shout(name)}`, `${port}`];
  }
  const host = clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP;
  for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
    const url = `${protocol.toLowerCase()}://${host}:${port}`;
    const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    if (index === 0) yield [`${prefix}_PORT`, url];
    yield [link, url];
    yield [`${link}_PROTO`, protocol.toLowerCase()];
    yield [`${link}_PORT`, `${port}`];
    yield [`${link}_ADDR`, clusterIP];
  }
}

function shout(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}
