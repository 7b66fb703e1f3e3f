// Whether a Service may be stored. Rule: core validation ValidateService.
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
import { wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import { wrongPort, wrongPortName } from '../../ports.ts';
import type { Service, ServicePort, ServiceSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { immutable, validateLabels } from '../metadata.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

export function validateService({ spec = {} }: Service): StatusCause[] {
  return [
    ...validateType(spec, 'spec'),
    ...validatePorts(spec, 'spec.ports'),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(spec, 'spec'),
    ...validateAddresses(spec, 'spec'),
    ...validatePolicies(spec, 'spec'),
  ];
}

function validateType({ type, clusterIP, externalName }: ServiceSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!type) return [required(child(path, 'type'))];
  if (!types.includes(type)) return [notSupported(child(path, 'type'), type, types)];
  const field = child(path, 'externalName');
  if (type === 'ExternalName') {
    if (clusterIP) causes.push(forbiddenField(child(path, 'clusterIPs'), 'may not be set for ExternalName services'));
    if (!externalName) causes.push(required(field));
    else {
      const wrong = wrongDns1123Subdomain(externalName.replace(/\.$/, ''));
      causes.push(...wrong.map((message) => invalidValue(field, externalName, message)));
    }
  }
  if (clusterIP === 'None' && (type === 'NodePort' || type === 'LoadBalancer')) {
    causes.push(
      invalidValue(at(child(path, 'clusterIPs'), 0), 'None', `may not be set to 'None' for ${type} services`),
    );
  }
  return causes;
}

function validatePorts({ ports = [], type, clusterIP }: ServiceSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const isHeadless = clusterIP === 'None';
  if (ports.length === 0 && !isHeadless && type !== 'ExternalName') causes.push(required(path));
  const taken = { names: new Set<string>(), pairs: new Set<string>(), nodePorts: new Set<string>() };
  for (const [index, port] of ports.entries()) {
    const field = at(path, index);
    causes.push(...validatePort(port, ports.length > 1, taken.names, field));
    const pair = `${port.protocol}/${port.port}`;
    if (taken.pairs.has(pair)) causes.push(duplicate(field, { protocol: port.protocol, port: port.port }));
    taken.pairs.add(pair);
    if (!port.nodePort) continue;
    const nodePort = child(field, 'nodePort');
    if (type === 'ClusterIP') causes.push(forbiddenField(nodePort, "may not be used when `type` is 'ClusterIP'"));
    const onNode = `${port.protocol}/${port.nodePort}`;
    if (taken.nodePorts.has(onNode)) causes.push(duplicate(nodePort, port.nodePort));
    taken.nodePorts.add(onNode);
  }
  return causes;
}

const protocols = ['SCTP', 'TCP', 'UDP'];

function validatePort(port: ServicePort, needsName: boolean, names: Set<string>, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const { name, protocol, targetPort } = port;
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
  if (targetPort !== undefined) {
    const wrong = typeof targetPort === 'number' ? wrongPort(targetPort) : wrongPortName(targetPort);
    causes.push(...wrong.map((message) => invalidValue(child(path, 'targetPort'), targetPort, message)));
  }
  return causes;
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: ServiceSpec, path: Path): StatusCause[] {
  const field = child(path, 'sessionAffinity');
  if (!sessionAffinity) return [required(field)];
  if (!['ClientIP', 'None'].includes(sessionAffinity))
    return [notSupported(field, sessionAffinity, ['ClientIP', 'None'])];
  if (sessionAffinity === 'None') return [];
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 0;
  if (seconds > 0 && seconds <= 86_400) return [];
  const where = child(path, 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds');
  return [invalidValue(where, seconds, 'must be greater than 0 and less than 86400')];
}

function validateAddresses(
  { externalIPs, clusterIP, clusterIPs, loadBalancerSourceRanges, type }: ServiceSpec,
  path: Path,
): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, ip] of (externalIPs ?? []).entries()) {
    const wrong = wrongIp(ip);
    const messages = wrong.length > 0 ? wrong : wrongReach(ip);
    causes.push(...messages.map((message) => invalidValue(at(child(path, 'externalIPs'), index), ip, message)));
  }
  const ips = clusterIPs ?? [];
  if (ips.length > 0 && (clusterIP ?? '') !== ips[0]) {
    causes.push(invalidValue(child(path, 'clusterIPs'), ips, 'first value must match `clusterIP`'));
  }
  for (const [index, ip] of ips.entries()) {
    if (ip === 'None' || ip === '') continue;
    causes.push(...wrongIp(ip).map((message) => invalidValue(at(child(path, 'clusterIPs'), index), ip, message)));
  }
  if (ips.length === 0 && clusterIP && clusterIP !== 'None') {
    causes.push(...wrongIp(clusterIP).map((message) => invalidValue(child(path, 'clusterIP'), clusterIP, message)));
  }
  if ((loadBalancerSourceRanges ?? []).length > 0 && type !== 'LoadBalancer') {
    const detail = "may only be used when `type` is 'LoadBalancer'";
    causes.push(forbiddenField(child(path, 'loadBalancerSourceRanges'), detail));
  }
  return causes;
}

function validatePolicies(spec: ServiceSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const { internalTrafficPolicy, externalTrafficPolicy, type, externalIPs, trafficDistribution } = spec;
  const among = ['Cluster', 'Local'];
  if (internalTrafficPolicy !== undefined && !among.includes(internalTrafficPolicy)) {
    causes.push(notSupported(child(path, 'internalTrafficPolicy'), internalTrafficPolicy, among));
  }
  if (trafficDistribution !== undefined && !distributions.includes(trafficDistribution)) {
    causes.push(notSupported(child(path, 'trafficDistribution'), trafficDistribution, distributions));
  }
  const isExternal = type === 'NodePort' || type === 'LoadBalancer' || (externalIPs ?? []).length > 0;
  const field = child(path, 'externalTrafficPolicy');
  if (externalTrafficPolicy && !isExternal) {
    causes.push(invalidValue(field, externalTrafficPolicy, 'may only be set for externally-accessible services'));
  } else if (externalTrafficPolicy && !among.includes(externalTrafficPolicy)) {
    causes.push(notSupported(field, externalTrafficPolicy, among));
  }
  return causes;
}

const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

/** An address once given stays, but for a change from or to a type that has none. */
export function validateServiceChange({ spec: next = {} }: Service, { spec: old = {} }: Service): StatusCause[] {
  const causes: StatusCause[] = [];
  const needsIp = next.type !== 'ExternalName' && old.type !== 'ExternalName';
  if (needsIp && old.clusterIP && next.clusterIP !== old.clusterIP) {
    causes.push(invalidValue(at('spec.clusterIPs', 0), next.clusterIPs ?? [], immutable));
  }
  if (old.type === 'LoadBalancer' && next.type === 'LoadBalancer' && old.loadBalancerClass !== next.loadBalancerClass) {
    const detail = 'may not change once set';
    causes.push(invalidValue('spec.loadBalancerClass', next.loadBalancerClass, detail));
  }
  return causes;
}
