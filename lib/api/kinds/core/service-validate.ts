// Whether a Service may be stored. Pure. Rule: core validation ValidateService.
import {
  at,
  child,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  type Path,
  required,
} from '../../field-errors.ts';
import { wrongIp, wrongReach } from '../../ip.ts';
import { wrongDns1123Label, wrongDns1123Subdomain, wrongQualifiedName } from '../../names.ts';
import { wrongPort, wrongPortName } from '../../ports.ts';
import type { Service, ServicePort, ServiceSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateLabels } from '../metadata.ts';
import { isHeadless, validateClusterIps, validateClusterIpsChange } from './service-addresses.ts';
import { validateBalancer, validateTraffic, validateTrafficChange } from './service-traffic.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

export function validateService(service: Service, old?: Service): StatusCause[] {
  const { spec = {} } = service;
  return [
    ...validateTopology(service),
    ...validateForType(spec, 'spec'),
    ...validatePorts(spec, 'spec.ports'),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(spec, 'spec'),
    ...validateClusterIps(spec, old?.spec),
    ...validateExternalIps(spec.externalIPs ?? [], old?.spec?.externalIPs ?? []),
    ...validateType(spec, 'spec.type'),
    ...validateNodePorts(spec, 'spec.ports'),
    ...validatePairs(spec, 'spec.ports'),
    ...validateBalancer(service, old),
    ...validateTraffic(spec),
  ];
}

export function validateServiceUpdate(next: Service, old: Service): StatusCause[] {
  return [...validateClusterIpsChange(next, old), ...validateTrafficChange(next, old), ...validateService(next, old)];
}

/** Two annotations say the same. */
function validateTopology({ metadata }: Service): StatusCause[] {
  const hints = 'service.kubernetes.io/topology-aware-hints';
  const name = 'service.kubernetes.io/topology-mode';
  const [older, mode] = [metadata.annotations?.[hints], metadata.annotations?.[name]];
  if (older === undefined || mode === undefined || older === mode) return [];
  const why = `must match annotations[${hints}] when both are specified`;
  return [invalidValue(at('metadata.annotations', name), mode, why)];
}

function validateForType(spec: ServiceSpec, path: Path): StatusCause[] {
  const { type, ports = [], externalName = '' } = spec;
  const causes: StatusCause[] = [];
  if (ports.length === 0 && !isHeadless(spec) && type !== 'ExternalName') causes.push(required(child(path, 'ports')));
  if (isHeadless(spec) && (type === 'NodePort' || type === 'LoadBalancer')) {
    const why = `may not be set to 'None' for ${type} services`;
    causes.push(invalidValue(at(child(path, 'clusterIPs'), 0), 'None', why));
  }
  if (type !== 'ExternalName') return causes;
  const unset = 'may not be set for ExternalName services';
  if ((spec.clusterIPs ?? []).length > 0) causes.push(forbiddenField(child(path, 'clusterIPs'), unset));
  if ((spec.ipFamilies ?? []).length > 0) causes.push(forbiddenField(child(path, 'ipFamilies'), unset));
  if (spec.ipFamilyPolicy !== undefined) causes.push(forbiddenField(child(path, 'ipFamilyPolicy'), unset));
  const field = child(path, 'externalName');
  const name = externalName.replace(/\.$/, '');
  if (name === '') return [...causes, required(field)];
  return [...causes, ...wrongDns1123Subdomain(name).map((message) => invalidValue(field, name, message))];
}

function validateType({ type }: ServiceSpec, path: Path): StatusCause[] {
  if (!type) return [required(path)];
  return types.includes(type) ? [] : [notSupported(path, type, types)];
}

function validatePorts({ ports = [] }: ServiceSpec, path: Path): StatusCause[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => validatePort(port, ports.length > 1, names, at(path, index)));
}

function validateNodePorts({ ports = [], type }: ServiceSpec, path: Path): StatusCause[] {
  const withPort = [...ports.entries()].filter(([, { nodePort }]) => nodePort);
  const forbidden = withPort.map(([index]) =>
    forbiddenField(child(at(path, index), 'nodePort'), "may not be used when `type` is 'ClusterIP'"),
  );
  const taken = new Set<string>();
  const twice = withPort.flatMap(([index, { protocol, nodePort }]) =>
    takes(taken, `${protocol}/${nodePort}`) ? [] : [duplicate(child(at(path, index), 'nodePort'), nodePort)],
  );
  return type === 'ClusterIP' ? [...forbidden, ...twice] : twice;
}

function validatePairs({ ports = [] }: ServiceSpec, path: Path): StatusCause[] {
  const taken = new Set<string>();
  return ports.flatMap(({ protocol, port }, index) =>
    takes(taken, `${protocol}/${port}`) ? [] : [duplicate(at(path, index), { protocol, port })],
  );
}

/** @returns whether it was not taken before */
function takes(taken: Set<string>, key: string): boolean {
  return taken.size < taken.add(key).size;
}

const protocols = ['SCTP', 'TCP', 'UDP'];

function validatePort(port: ServicePort, needsName: boolean, names: Set<string>, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const { name, protocol, targetPort, appProtocol } = port;
  if (!name) {
    if (needsName) causes.push(required(child(path, 'name')));
  } else {
    causes.push(...wrongDns1123Label(name).map((message) => invalidValue(child(path, 'name'), name, message)));
    if (names.has(name)) causes.push(duplicate(child(path, 'name'), name));
    names.add(name);
  }
  causes.push(
    ...wrongPort(port.port ?? 0).map((message) => invalidValue(child(path, 'port'), port.port ?? 0, message)),
  );
  if (!protocol) causes.push(required(child(path, 'protocol')));
  else if (!protocols.includes(protocol)) causes.push(notSupported(child(path, 'protocol'), protocol, protocols));
  const target = targetPort ?? 0;
  const wrong = typeof target === 'number' ? wrongPort(target) : wrongPortName(target);
  causes.push(...wrong.map((message) => invalidValue(child(path, 'targetPort'), target, message)));
  if (appProtocol === undefined) return causes;
  const field = child(path, 'appProtocol');
  return [...causes, ...wrongQualifiedName(appProtocol).map((message) => invalidValue(field, appProtocol, message))];
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: ServiceSpec, path: Path): StatusCause[] {
  const field = child(path, 'sessionAffinity');
  const config = child(path, 'sessionAffinityConfig');
  if (!sessionAffinity) return [required(field)];
  if (!['ClientIP', 'None'].includes(sessionAffinity))
    return [notSupported(field, sessionAffinity, ['ClientIP', 'None'])];
  if (sessionAffinity === 'None') {
    const why = 'must not be set when session affinity is None';
    return sessionAffinityConfig === undefined ? [] : [forbiddenField(config, why)];
  }
  const missing = 'when session affinity type is ClientIP';
  if (sessionAffinityConfig === undefined) return [required(config, missing)];
  if (sessionAffinityConfig.clientIP === undefined) return [required(child(config, 'clientIP'), missing)];
  const seconds = sessionAffinityConfig.clientIP.timeoutSeconds;
  const where = child(config, 'clientIP', 'timeoutSeconds');
  if (seconds === undefined) return [required(where, missing)];
  if (seconds > 0 && seconds <= 86_400) return [];
  return [invalidValue(where, seconds, 'must be greater than 0 and less than 86400')];
}

/** What was accepted once is still an address, but may still be none that traffic can come to. */
function validateExternalIps(ips: readonly string[], old: readonly string[]): StatusCause[] {
  return ips.flatMap((ip, index) => {
    const wrong = old.includes(ip) ? [] : wrongIp(ip);
    const messages = wrong.length > 0 ? wrong : wrongReach(ip);
    return messages.map((message) => invalidValue(at('spec.externalIPs', index), ip, message));
  });
}
