// What a load balancer may say of its addresses. Pure. Rule: core validation ValidateLoadBalancerStatus, and the same of
// networking for Ingress.
import { parseIp } from '#lib/ip.ts';
import { at, child, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import { wrongStrictIp } from '../../strict-ip.ts';
import type { LoadBalancerIngress, Service } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { Ingress, IngressLoadBalancerIngress } from '../../types/networking.v1.ts';
import { isSame } from '../equal.ts';

const list = 'status.loadBalancer.ingress';

export function validateServiceStatus({ spec, status }: Service, { status: old }: Service): StatusCause[] {
  const all = status?.loadBalancer?.ingress ?? [];
  if (all.length > 0 && spec?.type !== 'LoadBalancer' && !isSame(all, old?.loadBalancer?.ingress)) {
    return [forbiddenField(list, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  const known = addressesOf(old?.loadBalancer?.ingress);
  return all.flatMap((one, index) => [...validateMode(one, index), ...validateAddress(one, known, index)]);
}

export function validateIngressStatus({ status }: Ingress, { status: old }: Ingress): StatusCause[] {
  const known = addressesOf(old?.loadBalancer?.ingress);
  return (status?.loadBalancer?.ingress ?? []).flatMap((one, index) => validateAddress(one, known, index));
}

function validateMode({ ip, ipMode }: LoadBalancerIngress, index: number): StatusCause[] {
  const field = child(at(list, index), 'ipMode');
  if (ip && ipMode === undefined) return [required(field, 'must be specified when `ip` is set')];
  if (!ip && ipMode !== undefined) return [forbiddenField(field, 'may not be specified when `ip` is not set')];
  return ipMode === undefined || modes.includes(ipMode) ? [] : [notSupported(field, ipMode, modes)];
}
const modes: readonly string[] = ['VIP', 'Proxy'];

/** What was there before stays, in whatever form. */
function addressesOf(ingress: readonly IngressLoadBalancerIngress[] = []): ReadonlySet<string> {
  return new Set(ingress.map(({ ip = '' }) => ip));
}

function validateAddress(
  { ip, hostname }: IngressLoadBalancerIngress,
  known: ReadonlySet<string>,
  index: number,
): StatusCause[] {
  const field = at(list, index);
  const wrong =
    ip && !known.has(ip) ? wrongStrictIp(ip).map((message) => invalidValue(child(field, 'ip'), ip, message)) : [];
  if (!hostname) return wrong;
  const where = child(field, 'hostname');
  const names = wrongDns1123Subdomain(hostname).map((message) => invalidValue(where, hostname, message));
  const isAddress = parseIp(hostname) !== undefined;
  const why = 'must be a DNS name, not an IP address';
  return [...wrong, ...names, ...(isAddress ? [invalidValue(where, hostname, why)] : [])];
}
