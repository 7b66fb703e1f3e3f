// Where traffic to a Service may come from and where it goes. Pure. Rule: core validation validateService.
import {
  at,
  child,
  forbiddenField,
  invalidValue,
  notSupported,
  notSupportedInOrder,
  type Path,
  required,
} from '../../field-errors.ts';
import { wrongCidr } from '../../ip.ts';
import { wrongQualifiedName } from '../../names.ts';
import { wrongPort } from '../../ports.ts';
import type { Service, ServiceSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

const path = 'spec';
const onlyBalanced = "may only be used when `type` is 'LoadBalancer'";
const sourceRanges = 'service.beta.kubernetes.io/load-balancer-source-ranges';

/** Of a load balancer only. */
export function validateBalancer({ metadata, spec = {} }: Service, old: Service | undefined): StatusCause[] {
  const { allocateLoadBalancerNodePorts, loadBalancerClass } = spec;
  const isBalanced = spec.type === 'LoadBalancer';
  const causes: StatusCause[] = [];
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const annotation = metadata.annotations?.[sourceRanges];
  if (ranges.length > 0) {
    const field = 'spec.LoadBalancerSourceRanges'; // upstream's spelling
    if (!isBalanced) causes.push(forbiddenField(field, onlyBalanced));
    const known = (old?.spec?.loadBalancerSourceRanges ?? []).map((range) => range.trim());
    for (const [index, range] of ranges.entries()) causes.push(...validateRange(range, known, at(field, index)));
  } else if (annotation !== undefined) {
    const field = at('metadata.annotations', sourceRanges);
    if (!isBalanced) causes.push(forbiddenField(field, onlyBalanced));
    const isKnown = old?.metadata.annotations?.[sourceRanges] === annotation;
    const all = isKnown || annotation.trim() === '' ? [] : annotation.split(',');
    for (const range of all) causes.push(...validateRange(range, [], field));
  }
  if (isBalanced && allocateLoadBalancerNodePorts === undefined) causes.push(required('allocateLoadBalancerNodePorts'));
  if (!isBalanced && allocateLoadBalancerNodePorts !== undefined) {
    causes.push(forbiddenField(child(path, 'allocateLoadBalancerNodePorts'), onlyBalanced));
  }
  if (loadBalancerClass === undefined) return causes;
  const field = child(path, 'loadBalancerClass');
  if (!isBalanced) return [...causes, forbiddenField(field, onlyBalanced)];
  return [
    ...causes,
    ...wrongQualifiedName(loadBalancerClass).map((message) => invalidValue(field, loadBalancerClass, message)),
  ];
}

/** May have blanks around it, as the annotation may. */
function validateRange(text: string, known: readonly string[], field: Path): StatusCause[] {
  const range = text.trim();
  return known.includes(range) ? [] : wrongCidr(range).map((message) => invalidValue(field, range, message));
}

export function validateTraffic(spec: ServiceSpec): StatusCause[] {
  const { internalTrafficPolicy: internal, trafficDistribution } = spec;
  const causes = [...validateExternal(spec), ...validateHealthPort(spec)];
  const field = child(path, 'internalTrafficPolicy');
  if (internal === undefined) {
    if (inside.includes(spec.type ?? '')) causes.push(required(field));
  } else if (!among.includes(internal)) causes.push(notSupported(field, internal, among));
  if (trafficDistribution !== undefined && !distributions.includes(trafficDistribution)) {
    causes.push(notSupportedInOrder(child(path, 'trafficDistribution'), trafficDistribution, distributions));
  }
  return causes;
}
const among: readonly string[] = ['Cluster', 'Local'];
const inside: readonly string[] = ['NodePort', 'LoadBalancer', 'ClusterIP'];
const distributions: readonly string[] = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

function validateExternal(spec: ServiceSpec): StatusCause[] {
  const { externalTrafficPolicy: external } = spec;
  const field = child(path, 'externalTrafficPolicy');
  if (!isExternal(spec)) {
    const why = 'may only be set for externally-accessible services';
    return external ? [invalidValue(field, external, why)] : [];
  }
  if (!external) return [required(field)];
  return among.includes(external) ? [] : [notSupported(field, external, among)];
}

/** Whether traffic from outside the cluster reaches it. */
export function isExternal({ type, externalIPs = [] }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && externalIPs.length > 0);
}

function validateHealthPort(spec: ServiceSpec): StatusCause[] {
  const port = spec.healthCheckNodePort ?? 0;
  const field = child(path, 'healthCheckNodePort');
  if (!needsHealthPort(spec)) {
    const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    return port === 0 ? [] : [invalidValue(field, port, why)];
  }
  return port === 0 ? [required(field)] : wrongPort(port).map((message) => invalidValue(field, port, message));
}

function needsHealthPort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

export function validateTrafficChange({ spec: next = {} }: Service, { spec: old = {} }: Service): StatusCause[] {
  const causes: StatusCause[] = [];
  if (old.type === 'LoadBalancer' && next.type === 'LoadBalancer' && old.loadBalancerClass !== next.loadBalancerClass) {
    const detail = 'may not change once set';
    causes.push(invalidValue(child(path, 'loadBalancerClass'), next.loadBalancerClass, detail));
  }
  const isKept = needsHealthPort(old) && needsHealthPort(next);
  if (isKept && (old.healthCheckNodePort ?? 0) !== (next.healthCheckNodePort ?? 0)) {
    causes.push(forbiddenField(child(path, 'healthCheckNodePort'), 'field is immutable'));
  }
  return causes;
}
