// Rule: pkg/api/service GetWarningsForService.
import { at } from '../../field-errors.ts';
import type { Service } from '../../types/core.v1.ts';
import { cidrWarnings, ipWarnings } from './addresses.ts';

const oldHints = 'service.kubernetes.io/topology-aware-hints';

export function serviceWarnings({ metadata, spec = {} }: Service): string[] {
  const warnings: string[] = [];
  if (metadata.annotations?.[oldHints] !== undefined) {
    warnings.push(`annotation ${oldHints} is deprecated, please use service.kubernetes.io/topology-mode instead`);
  }
  const isHeadless = spec.type === 'ClusterIP' && spec.clusterIP === 'None';
  const isExternalName = spec.type === 'ExternalName';
  const externalIps = spec.externalIPs ?? [];
  for (const [index, ip] of (spec.clusterIPs ?? []).entries()) {
    warnings.push(...ipWarnings(at('spec.clusterIPs', index), ip));
  }
  if (isHeadless) {
    if (spec.loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services');
    if (externalIps.length > 0) warnings.push('spec.externalIPs is ignored for headless services');
    if ((spec.sessionAffinity ?? 'None') !== 'None') {
      warnings.push('spec.SessionAffinity is ignored for headless services');
    }
  }
  for (const [index, ip] of externalIps.entries()) warnings.push(...ipWarnings(at('spec.externalIPs', index), ip));
  if (externalIps.length > 0 && !isHeadless && !isExternalName) {
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  }
  if (spec.loadBalancerIP) warnings.push(...ipWarnings('spec.loadBalancerIP', spec.loadBalancerIP));
  for (const [index, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    warnings.push(...cidrWarnings(at('spec.loadBalancerSourceRanges', index), range));
  }
  if (isExternalName && externalIps.length > 0) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (!isExternalName && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return warnings;
}
