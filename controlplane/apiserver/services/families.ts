// Which address families a Service has. Pure. Rule: service alloc.go, initIPFamilyFields.
import { at, invalidValue } from '#lib/api/field-errors.ts';
import type { Mutable } from '#lib/api/kinds/object.ts';
import type { ServiceSpec } from '#lib/api/types/core.v1.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';
import { familyOf } from '#lib/ip.ts';

export type FamilyName = 'IPv4' | 'IPv6';

/** Keeps clusterIP and clusterIPs the same where only one of them was set, or changed. */
export function alignAddresses(spec: Mutable<ServiceSpec>, old: ServiceSpec | undefined): void {
  const wasSame = spec.clusterIPs === undefined || same(spec.clusterIPs, old?.clusterIPs);
  if (old === undefined || spec.clusterIP === old.clusterIP) {
    if (spec.clusterIP && (spec.clusterIPs?.length ?? 0) === 0) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  if (!wasSame) return;
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP, ...(spec.clusterIPs ?? []).slice(1)];
  else delete spec.clusterIPs;
}

/**
 * Fills in ipFamilies and ipFamilyPolicy. `families`: what the cluster has, the default one first.
 * @returns what the cluster cannot give
 */
export function fillFamilies(
  spec: Mutable<ServiceSpec>,
  old: ServiceSpec | undefined,
  families: readonly FamilyName[],
): readonly StatusCause[] {
  if (spec.type === 'ExternalName') return [];
  if (old !== undefined && staysAsPreferred(spec, old)) return [];
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (isOpenHeadless(spec) ? 'RequireDualStack' : 'SingleStack');
  const wrong = old === undefined ? [] : takeBack(spec, old);
  wrong.push(...checkPolicy(spec), ...inferFamilies(spec, families));
  if (wrong.length > 0) return wrong;
  if (isOpenHeadless(spec)) {
    // Nothing is allocated, and whoever writes the endpoints knows: any families will do.
    if ((spec.ipFamilies?.length ?? 0) === 0) spec.ipFamilies = [families[0]!];
    const [first] = spec.ipFamilies!;
    if (spec.ipFamilyPolicy !== 'SingleStack' && spec.ipFamilies!.length === 1)
      spec.ipFamilies = [first!, otherThan(first!)];
    return [];
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack' && families.length < 2) {
    const why = 'this cluster is not configured for dual-stack services';
    wrong.push(invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, why));
  }
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    if (!families.some((known) => known === family))
      wrong.push(invalidValue(at('spec.ipFamilies', i), family, 'not configured on this cluster'));
  }
  if (wrong.length > 0) return wrong;
  if ((spec.ipFamilies?.length ?? 0) === 0) spec.ipFamilies = [families[0]!];
  if (spec.ipFamilyPolicy !== 'SingleStack' && spec.ipFamilies!.length === 1 && families.length === 2) {
    spec.ipFamilies = [spec.ipFamilies![0]!, otherThan(spec.ipFamilies![0]!)];
  }
  return [];
}

/** Nobody grows or shrinks because the cluster did: only a changed wish counts. */
function staysAsPreferred(spec: ServiceSpec, old: ServiceSpec): boolean {
  return (
    old.ipFamilyPolicy === 'PreferDualStack' &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    (old.clusterIPs?.length ?? 0) > 0 &&
    same(spec.clusterIPs, old.clusterIPs) &&
    same(spec.ipFamilies, old.ipFamilies)
  );
}

/** Without a selector and an address. */
function isOpenHeadless({ clusterIP, selector }: ServiceSpec): boolean {
  return clusterIP === 'None' && Object.keys(selector ?? {}).length === 0;
}

/** Going back to one family gives the second address back; anything else that lacks one is refused. */
function takeBack(spec: Mutable<ServiceSpec>, old: ServiceSpec): StatusCause[] {
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (same(spec.clusterIPs, old.clusterIPs) && (spec.clusterIPs?.length ?? 0) > 1)
      spec.clusterIPs = spec.clusterIPs!.slice(0, 1);
    if (same(spec.ipFamilies, old.ipFamilies) && (spec.ipFamilies?.length ?? 0) > 1)
      spec.ipFamilies = spec.ipFamilies!.slice(0, 1);
    return [];
  }
  const causes: StatusCause[] = [];
  const refuse = (what: string): void => {
    const why = `must be 'SingleStack' to release the secondary ${what}`;
    causes.push(invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, why));
  };
  if (isReduced(spec.clusterIPs, old.clusterIPs)) refuse('cluster IP');
  if (isReduced(spec.ipFamilies, old.ipFamilies)) refuse('IP family');
  return causes;
}

function checkPolicy({ ipFamilyPolicy, clusterIPs, ipFamilies }: ServiceSpec): StatusCause[] {
  if (ipFamilyPolicy !== 'SingleStack') return [];
  const why = (what: string): StatusCause =>
    invalidValue(
      'spec.ipFamilyPolicy',
      ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(clusterIPs?.length === 2 ? [why('cluster IPs')] : []),
    ...(ipFamilies?.length === 2 ? [why('IP families')] : []),
  ];
}

/** The families of addresses that were asked for, where they are not named. */
function inferFamilies(spec: Mutable<ServiceSpec>, families: readonly FamilyName[]): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === 'None') break;
    if (ip === '' || i < (spec.ipFamilies?.length ?? 0)) continue;
    const family: FamilyName = familyOf(ip) === 6 ? 'IPv6' : 'IPv4';
    if (families.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else
      causes.push(
        invalidValue(at('spec.clusterIPs', i), spec.clusterIPs, `${family} is not configured on this cluster`),
      );
  }
  return causes;
}

function otherThan(family: string): FamilyName {
  return family === 'IPv4' ? 'IPv6' : 'IPv4';
}

function isReduced(next: readonly string[] = [], old: readonly string[] = []): boolean {
  return old.length === 2 && next.length === 1;
}

function same(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
