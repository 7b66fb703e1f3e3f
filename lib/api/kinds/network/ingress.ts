import { at, child, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongDns1035Label, wrongDns1123Subdomain } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { Ingress, IngressBackend, IngressClass, IPAddress, ServiceCIDR } from '../../types/networking.v1.ts';
import { ageOf, columns, listed } from '../columns.ts';
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

export const ipAddress: KindParts<IPAddress> = {
  wrongName: (name) => (name === '' ? ['must not be empty'] : []),
  validate({ spec }) {
    if (spec?.parentRef === undefined) return [required('spec.parentRef')];
    const { resource, name } = spec.parentRef;
    return [
      ...(resource ? [] : [required('spec.parentRef.resource')]),
      ...(name ? [] : [required('spec.parentRef.name')]),
    ];
  },
  fields: ({ spec }) => ({ 'spec.parentRef.name': spec?.parentRef?.name ?? '' }),
  columns: columns(['Name', 'ParentRef']),
  row({ metadata, spec }) {
    if (spec?.parentRef === undefined) return [metadata.name, '<none>'];
    const { group, resource, namespace, name } = spec.parentRef;
    return [metadata.name, [`${resource ?? ''}${group ? `.${group}` : ''}`, namespace, name].filter(Boolean).join('/')];
  },
};

export const serviceCidr: KindParts<ServiceCIDR> = {
  validate({ spec }) {
    const count = (spec?.cidrs ?? []).length;
    if (count === 0) return [required('spec.cidrs', 'at least one CIDR required')];
    return count > 2 ? [forbiddenField('spec.cidrs', 'may only hold up to 2 values')] : [];
  },
  columns: columns(['Name', 'CIDRs', '@Age']),
  row: ({ metadata, spec }, nowMs) => [metadata.name, listed(spec?.cidrs, ''), ageOf(metadata, nowMs)],
};
