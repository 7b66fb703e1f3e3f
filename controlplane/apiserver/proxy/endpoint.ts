import { randomInt } from 'node:crypto';
import { endpointSlices } from '#lib/api/resources.ts';
import { failure } from '#lib/api/status.ts';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { Registry } from '../registry/registry.ts';

export interface ServiceEndpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * One of the ready endpoints of `service`, by name or number of its port; of a Service with one port, '' is that.
 * @throws {StatusError} ServiceUnavailable if there is none
 */
export function endpointOf(service: Service, port: string, registry: Pick<Registry, 'reader'>): ServiceEndpoint {
  const { name, namespace } = service.metadata;
  const ports = service.spec?.ports ?? [];
  const chosen =
    port === '' && ports.length === 1 ? ports[0] : ports.find((one) => one.name === port || String(one.port) === port);
  if (chosen === undefined) {
    throw failure(
      'ServiceUnavailable',
      `no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`,
    );
  }
  const slices = registry
    .reader(endpointSlices)
    .list(namespace)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
  const ready = slices.flatMap(({ endpoints = [], ports: open = [] }) => {
    const number = open.find((one) => (one.name ?? '') === (chosen.name ?? ''))?.port;
    if (number === undefined) return [];
    const hosts = endpoints
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses);
    return hosts.map((host) => ({ host, port: number }));
  });
  if (ready.length === 0) {
    throw failure('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(name)}`);
  }
  return ready[randomInt(ready.length)]!;
}
