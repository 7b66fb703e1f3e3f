// Whether an Ingress may be stored. Pure. Rule: networking validation, ValidateIngressCreate and ValidateIngressUpdate.
import { parseIp } from '#lib/ip.ts';
import { at, child, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain, wrongWildcard } from '../../names.ts';
import { wrongPort, wrongPortName } from '../../ports.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressTLS } from '../../types/networking.v1.ts';
import { validateReference } from './typed-reference.ts';

const classAnnotation = 'kubernetes.io/ingress.class';

export function validateIngress(ingress: Ingress): StatusCause[] {
  const said = ingress.metadata.annotations?.[classAnnotation];
  const name = ingress.spec?.ingressClassName;
  const causes = validateSpec(ingress, { secrets: false, wildcards: false });
  if (said === undefined || name === undefined || said === name) return causes;
  const why = 'must match `ingressClassName` when both are specified';
  return [...causes, invalidValue(`annotations.${classAnnotation}`, said, why)];
}

/** What an older server let pass stays. */
export function validateIngressUpdate(next: Ingress, { spec: old }: Ingress): StatusCause[] {
  const isStarred = ({ host, http }: IngressRule) => host?.includes('*') && validateRuleValue(http, '').length > 0;
  return validateSpec(next, {
    secrets: (old?.tls ?? []).some(({ secretName }) => secretName && wrongDns1123Subdomain(secretName).length > 0),
    wildcards: (old?.rules ?? []).some(isStarred),
  });
}

interface Spared {
  readonly secrets: boolean;
  readonly wildcards: boolean;
}

function validateSpec({ spec = {} }: Ingress, spared: Spared): StatusCause[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName: name } = spec;
  const causes: StatusCause[] = [];
  if (rules.length === 0 && defaultBackend === undefined) {
    causes.push(invalidValue('spec', spec.rules, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend !== undefined) causes.push(...validateBackend(defaultBackend, 'spec.defaultBackend'));
  for (const [index, { host, http }] of rules.entries()) {
    const field = at('spec.rules', index);
    if (host) causes.push(...validateRuleHost(host, child(field, 'host')));
    if (!(spared.wildcards && host?.includes('*'))) causes.push(...validateRuleValue(http, field));
  }
  causes.push(...tls.flatMap((one, index) => validateTls(one, at('spec.tls', index), spared)));
  const wrong = name === undefined ? [] : wrongDns1123Subdomain(name);
  return [...causes, ...wrong.map((message) => invalidValue('spec.ingressClassName', name, message))];
}

function validateTls({ hosts = [], secretName }: IngressTLS, path: Path, { secrets }: Spared): StatusCause[] {
  const causes = hosts.flatMap((host, index) => validateHost(host, at(child(path, 'hosts'), index)));
  if (secrets || !secretName) return causes;
  const wrong = wrongDns1123Subdomain(secretName);
  return [...causes, ...wrong.map((message) => invalidValue(child(path, 'secretName'), secretName, message))];
}

function validateRuleHost(host: string, path: Path): StatusCause[] {
  const isAddress = parseIp(host) !== undefined;
  const causes = isAddress ? [invalidValue(path, host, 'must be a DNS name, not an IP address')] : [];
  return [...causes, ...validateHost(host, path)];
}

function validateHost(host: string, path: Path): StatusCause[] {
  const wrong = host.includes('*') ? wrongWildcard(host) : wrongDns1123Subdomain(host);
  return wrong.map((message) => invalidValue(path, host, message));
}

function validateRuleValue(http: IngressRule['http'], path: Path): StatusCause[] {
  if (http === undefined) return [];
  const field = child(path, 'http', 'paths');
  const paths = http.paths ?? [];
  if (paths.length === 0) return [required(field)];
  return paths.flatMap((one, index) => validatePath(one, at(field, index)));
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

function validatePath({ path = '', pathType, backend }: HTTPIngressPath, place: Path): StatusCause[] {
  if (pathType === undefined) return [required(child(place, 'pathType'), 'pathType must be specified')];
  const causes: StatusCause[] = [];
  const isFree = pathType === 'ImplementationSpecific';
  const field = child(place, 'path');
  if (!pathTypes.includes(pathType)) causes.push(notSupported(child(place, 'pathType'), pathType, pathTypes));
  else {
    if (!path.startsWith('/') && !(isFree && path === '')) {
      causes.push(invalidValue(field, path, 'must be an absolute path'));
    }
    if (!isFree) causes.push(...wrongParts(path).map((message) => invalidValue(field, path, message)));
  }
  return [...causes, ...validateBackend(backend ?? {}, child(place, 'backend'))];
}

function wrongParts(path: string): readonly string[] {
  return [
    ...['//', '/./', '/../', '%2f', '%2F']
      .filter((part) => path.includes(part))
      .map((part) => `must not contain '${part}'`),
    ...['/..', '/.'].filter((part) => path.endsWith(part)).map((part) => `cannot end with '${part}'`),
  ];
}

function validateBackend({ service, resource }: IngressBackend, path: Path): StatusCause[] {
  if (service !== undefined && resource !== undefined) {
    return [invalidValue(path, '', 'cannot set both resource and service backends')];
  }
  if (resource !== undefined) return validateReference(resource, child(path, 'resource'));
  if (service === undefined) return [invalidValue(path, '', 'resource or service backend is required')];
  const field = child(path, 'service', 'name');
  const causes = service.name
    ? wrongDns1123Label(service.name).map((message) => invalidValue(field, service.name, message))
    : [required(field)];
  const { name, number } = service.port ?? {};
  const port = child(path, 'service', 'port');
  if (name && number) return [...causes, invalidValue(path, '', 'cannot set both port name & port number')];
  if (name) {
    return [...causes, ...wrongPortName(name).map((message) => invalidValue(child(port, 'name'), name, message))];
  }
  if (!number) return [...causes, required(path, 'port name or number is required')];
  return [...causes, ...wrongPort(number).map((message) => invalidValue(child(port, 'number'), number, message))];
}
