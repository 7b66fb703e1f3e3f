// The addresses of a Service and their families. Pure.
// Rule: core validation ValidateServiceClusterIPsRelatedFields, validateUpgradeDowngradeClusterIPs and -IPFamilies.
import { familyOf } from '#lib/ip.ts';
import { at, duplicate, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongIp } from '../../ip.ts';
import type { Service, ServiceSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

const addresses = 'spec.clusterIPs';
const families = 'spec.ipFamilies';
const policy = 'spec.ipFamilyPolicy';
const fixed = 'may not change once set';

/** Whether it has no address of its own: clients get those of its pods. */
export function isHeadless({ clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === 'None';
}

export function validateClusterIps(spec: ServiceSpec, old: ServiceSpec | undefined): StatusCause[] {
  if (spec.type === 'ExternalName') return [];
  const { clusterIPs: ips = [], ipFamilyPolicy } = spec;
  const causes = [...validateFirst(spec), ...validateFamilies(spec)];
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy)) {
    causes.push(notSupported(policy, ipFamilyPolicy, policies));
  }
  const wrong = validateEach(ips, old?.clusterIPs ?? []);
  causes.push(...wrong);
  if (ips.length > 2) causes.push(invalidValue(addresses, ips, 'may only hold up to 2 values'));
  if (wrong.length > 0) return causes;
  if (ips.length > 1 && new Set(ips.map(familyOf)).size === 1) {
    causes.push(invalidValue(addresses, ips, 'may specify no more than one IP for each IP family'));
  }
  return [...causes, ...validateMatch(spec)];
}
const policies: readonly string[] = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

function validateFirst({ clusterIP, clusterIPs: ips = [] }: ServiceSpec): StatusCause[] {
  if (!clusterIP) {
    const why = 'must be empty when `clusterIP` is not specified';
    return ips.length === 0 ? [] : [invalidValue(addresses, ips, why)];
  }
  if (ips.length === 0) return [required(addresses)];
  return ips[0] === clusterIP ? [] : [invalidValue(addresses, ips, 'first value must match `clusterIP`')];
}

function validateFamilies({ ipFamilies = [] }: ServiceSpec): StatusCause[] {
  return ipFamilies.flatMap((family, index) => [
    ...(['IPv4', 'IPv6'].includes(family) ? [] : [notSupported(at(families, index), family, ['IPv4', 'IPv6'])]),
    ...(ipFamilies.indexOf(family) < index ? [duplicate(at(families, index), family)] : []),
  ]);
}

/** What was accepted once stays. */
function validateEach(ips: readonly string[], old: readonly string[]): StatusCause[] {
  return ips.flatMap((ip, index) => {
    if (index === 0 && ip === 'None') {
      return ips.length === 1 ? [] : [invalidValue(addresses, ips, "'None' must be the first and only value")];
    }
    if (old.includes(ip)) return [];
    return wrongIp(ip).map((message) => invalidValue(at(addresses, index), ip, message));
  });
}

function validateMatch(spec: ServiceSpec): StatusCause[] {
  const { clusterIPs: ips = [], ipFamilies = [] } = spec;
  if (isHeadless(spec)) return [];
  return ips.flatMap((ip, index) => {
    const wanted = ipFamilies[index];
    if (wanted !== 'IPv4' && wanted !== 'IPv6') return [];
    if (wanted === `IPv${familyOf(ip)}`) return [];
    const why = `expected an ${wanted} value as indicated by \`ipFamilies[${index}]\``;
    return [invalidValue(at(addresses, index), ip, why)];
  });
}

/** An address once given stays, but for a change from or to a type that has none. A second one may come and go. */
export function validateClusterIpsChange({ spec: next = {} }: Service, { spec: old = {} }: Service): StatusCause[] {
  if (next.type === 'ExternalName' || old.type === 'ExternalName') return [];
  const wasHeadless = isHeadless(old);
  if (wasHeadless && isHeadless(next)) return [];
  const causes = changeOfAddresses(next, old);
  return wasHeadless === isHeadless(next) ? [...causes, ...changeOfFamilies(next, old)] : causes;
}

function changeOfAddresses(next: ServiceSpec, old: ServiceSpec): StatusCause[] {
  const [now, before] = [next.clusterIPs ?? [], old.clusterIPs ?? []];
  if (now.length === before.length) {
    return before.flatMap((ip, index) => (ip === now[index] ? [] : [invalidValue(at(addresses, index), now, fixed)]));
  }
  const causes: StatusCause[] = [];
  const isLess = now.length < before.length;
  if (now.length === 0) causes.push(invalidValue(at(addresses, 0), now, 'primary clusterIP can not be unset'));
  else if (before.length > 0 && now[0] !== before[0]) causes.push(invalidValue(at(addresses, 0), now, fixed));
  return isLess && now.length === 1 ? [...causes, ...releasing(next, 'clusterIP')] : causes;
}

function changeOfFamilies(next: ServiceSpec, old: ServiceSpec): StatusCause[] {
  const [now, before] = [next.ipFamilies ?? [], old.ipFamilies ?? []];
  const field = at(families, 0);
  if (now.length === before.length) {
    return before.flatMap((family, index) => (family === now[index] ? [] : [invalidValue(field, now, fixed)]));
  }
  const causes: StatusCause[] = [];
  const isLess = now.length < before.length;
  if (isLess && (next.clusterIPs ?? []).length === 0) {
    causes.push(invalidValue(field, now, 'primary ipFamily can not be unset'));
  }
  if (now.length > 0 && before.length > 0 && now[0] !== before[0]) {
    causes.push(invalidValue(field, next.clusterIPs ?? [], fixed));
  }
  return isLess && now.length === 1 ? [...causes, ...releasing(next, 'ipFamily')] : causes;
}

function releasing({ ipFamilyPolicy }: ServiceSpec, what: string): StatusCause[] {
  const why = `must be set to 'SingleStack' when releasing the secondary ${what}`;
  return ipFamilyPolicy === 'SingleStack' ? [] : [invalidValue(policy, ipFamilyPolicy, why)];
}
