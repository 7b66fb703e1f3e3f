import { parseIp } from '#lib/ip.ts';
import { at, child, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1035Label, wrongDns1123Subdomain, wrongWildcard } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressClass } from '../../types/networking.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { ingressWarnings } from '../warnings/others.ts';
import { validateIngressStatus } from './load-balancer.ts';

const mostHosts = 3;

export const ingress: KindParts<Ingress> = {
  warnings: ingressWarnings,
  hasGeneration: true,
  validate: validateIngress,
  validateStatus: validateIngressStatus,
  columns: columns(['Name', 'Class', 'Hosts', 'Address', 'Ports', '@Age']),
  row({ metadata, spec, status }, nowMs) {
    const hosts = (spec?.rules ?? []).map(({ host }) => host ?? '').filter((host) => host !== '');
    const shown = hosts.slice(0, mostHosts).join(',');
    const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
    return [
      metadata.name,
      spec?.ingressClassName ?? '<none>',
      hosts.length > mostHosts ? `${shown} + ${hosts.length - mostHosts} more...` : shown || '*',
      addresses.join(','),
      (spec?.tls ?? []).length > 0 ? '80, 443' : '80',
      ageOf(metadata, nowMs),
    ];
  },
};

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

function validateIngress({ spec = {} }: Ingress): StatusCause[] {
  const causes: StatusCause[] = [];
  if ((spec.rules ?? []).length === 0 && spec.defaultBackend === undefined) {
    causes.push(invalidValue('spec', spec.rules ?? [], 'either `defaultBackend` or `rules` must be specified'));
  }
  if (spec.defaultBackend !== undefined) causes.push(...validateBackend(spec.defaultBackend, 'spec.defaultBackend'));
  for (const [index, { host, http }] of (spec.rules ?? []).entries()) {
    const field = at('spec.rules', index);
    if (host) causes.push(...validateHost(host, child(field, 'host')));
    if (http === undefined) continue;
    const paths = child(field, 'http', 'paths');
    if ((http.paths ?? []).length === 0) causes.push(required(paths));
    for (const [position, path] of (http.paths ?? []).entries())
      causes.push(...validatePath(path, at(paths, position)));
  }
  return causes;
}

function validateHost(host: string, path: Path): StatusCause[] {
  const causes = parseIp(host) !== undefined ? [invalidValue(path, host, 'must be a DNS name, not an IP address')] : [];
  const wrong = host.includes('*') ? wrongWildcard(host) : wrongDns1123Subdomain(host);
  return [...causes, ...wrong.map((message) => invalidValue(path, host, message))];
}

function validatePath({ path = '', pathType, backend }: HTTPIngressPath, field: Path): StatusCause[] {
  if (pathType === undefined) return [required(child(field, 'pathType'), 'pathType must be specified')];
  const causes: StatusCause[] = [];
  const isFree = pathType === 'ImplementationSpecific';
  if (!pathTypes.includes(pathType)) causes.push(notSupported(child(field, 'pathType'), pathType, pathTypes));
  else if (!path.startsWith('/') && !(isFree && path === '')) {
    causes.push(invalidValue(child(field, 'path'), path, 'must be an absolute path'));
  }
  if (!isFree) {
    const has = (part: string) => `must not contain '${part}'`;
    const ends = (part: string) => `cannot end with '${part}'`;
    const wrong = [
      ...['//', '/./', '/../', '%2f', '%2F'].filter((part) => path.includes(part)).map(has),
      ...['/..', '/.'].filter((part) => path.endsWith(part)).map(ends),
    ];
    causes.push(...wrong.map((message) => invalidValue(child(field, 'path'), path, message)));
  }
  return [...causes, ...validateBackend(backend ?? {}, child(field, 'backend'))];
}

function validateBackend({ service, resource }: IngressBackend, path: string): StatusCause[] {
  if (service !== undefined && resource !== undefined) {
    return [invalidValue(path, '', 'cannot set both resource and service backends')];
  }
  if (service === undefined) {
    return resource === undefined ? [required(path, 'resource or service backend is required')] : [];
  }
  const causes: StatusCause[] = [];
  const name = child(path, 'service', 'name');
  if (!service.name) causes.push(required(name));
  else causes.push(...wrongDns1035Label(service.name).map((message) => invalidValue(name, service.name, message)));
  if (!service.port?.name && !service.port?.number) {
    causes.push(required(path, 'port name or number is required'));
  }
  return causes;
}

export const ingressClass: KindParts<IngressClass> = {
  hasGeneration: true,
  validate: ({ spec }) => (spec?.controller ? [] : [required('spec.controller')]),
  validateUpdate(next, previous) {
    if (next.spec?.controller === previous.spec?.controller) return [];
    return [invalidValue('spec.controller', next.spec?.controller ?? '', 'field is immutable')];
  },
  defaults({ spec }) {
    if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
  },
  columns: columns(['Name', 'Controller', 'Parameters', '@Age']),
  row({ metadata, spec }, nowMs) {
    const { apiGroup, kind, name } = spec?.parameters ?? {};
    const parameters = kind === undefined ? '<none>' : `${kind}${apiGroup ? `.${apiGroup}` : ''}/${name}`;
    return [metadata.name, spec?.controller ?? '', parameters, ageOf(metadata, nowMs)];
  },
};
