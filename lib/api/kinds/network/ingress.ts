import { at, child, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongDns1035Label, wrongDns1123Subdomain } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { Ingress, IngressBackend, IngressClass } from '../../types/networking.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';

const mostHosts = 3;

export const ingress: KindParts<Ingress> = {
  hasGeneration: true,
  validate: validateIngress,
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
    if (host) {
      const wrong = wrongDns1123Subdomain(host.replace(/^\*\./, ''));
      causes.push(...wrong.map((message) => invalidValue(child(field, 'host'), host, message)));
    }
    for (const [position, { path, pathType, backend }] of (http?.paths ?? []).entries()) {
      const where = at(child(field, 'http', 'paths'), position);
      if (pathType === undefined) causes.push(required(child(where, 'pathType'), 'pathType must be specified'));
      else if (!pathTypes.includes(pathType)) causes.push(notSupported(child(where, 'pathType'), pathType, pathTypes));
      if (pathType !== 'ImplementationSpecific' && !(path ?? '').startsWith('/')) {
        causes.push(invalidValue(child(where, 'path'), path ?? '', 'must be an absolute path'));
      }
      causes.push(...validateBackend(backend ?? {}, child(where, 'backend')));
    }
  }
  return causes;
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
