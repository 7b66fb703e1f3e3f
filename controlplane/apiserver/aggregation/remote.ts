import { apiServices, services } from '#lib/api/resources.ts';
import { failure } from '#lib/api/status.ts';
import type { APIService, APIServiceSpec } from '#lib/api/types/apiregistration.v1.ts';
import type { KeyPair } from '#lib/pki/certificate.ts';
import { endpointOf } from '../proxy/endpoint.ts';
import type { Target } from '../proxy/target.ts';
import type { Registry } from '../registry/registry.ts';

export interface RemoteOptions {
  readonly registry: Pick<Registry, 'reader'>;
  /** By which extension API servers know us: they believe whom we speak for. */
  client(): KeyPair;
}

/** The APIService under which somebody else serves this version of the group. */
export function remoteService(
  registry: Pick<Registry, 'reader'>,
  group: string,
  version: string,
): APIService | undefined {
  if (group === '') return undefined;
  const found = registry.reader(apiServices).get(`${version}.${group}`);
  return found?.spec?.service === undefined ? undefined : found;
}

export function isAvailable({ status }: APIService): boolean {
  return (status?.conditions ?? []).some((one) => one.type === 'Available' && one.status === 'True');
}

/** Where to reach it. @throws {StatusError} ServiceUnavailable */
export function targetOf(spec: APIServiceSpec, { registry, client }: RemoteOptions): Target {
  const { name = '', namespace = '', port = 443 } = spec.service ?? {};
  const service = registry.reader(services).get(`${namespace}/${name}`);
  if (service === undefined) throw failure('ServiceUnavailable', `service ${JSON.stringify(name)} not found`);
  const { type, externalName } = service.spec ?? {};
  const at =
    type === 'ExternalName' && externalName !== undefined
      ? { host: externalName, port }
      : endpointOf(service, String(port), registry);
  const ca = spec.caBundle ? Buffer.from(spec.caBundle, 'base64').toString() : undefined;
  const trust = spec.insecureSkipTLSVerify ? {} : ca === undefined ? { isPublic: true } : { ca };
  return { ...at, tls: { ...trust, client: client(), servername: `${name}.${namespace}.svc` } };
}
