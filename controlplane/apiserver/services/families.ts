// Which address families a Service has in a cluster of one family. Pure. Rule: service alloc.go, initIPFamilyFields.
import { at, invalidValue } from '#lib/api/field-errors.ts';
import type { Mutable } from '#lib/api/kinds/object.ts';
import type { ServiceSpec } from '#lib/api/types/core.v1.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';

export type FamilyName = 'IPv4' | 'IPv6';

/** Keeps clusterIP and clusterIPs the same where only one of them was set, or changed. */
export function alignAddresses(spec: Mutable<ServiceSpec>, old: ServiceSpec | undefined): void {
  const wasSame = spec.clusterIPs === undefined || same(spec.clusterIPs, old?.clusterIPs ?? []);
  if (old === undefined || spec.clusterIP === old.clusterIP) {
    if (spec.clusterIP && (spec.clusterIPs?.length ?? 0) === 0) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  if (!wasSame) return;
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP, ...(spec.clusterIPs ?? []).slice(1)];
  else delete spec.clusterIPs;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** Fills in ipFamilies and ipFamilyPolicy. @returns what the cluster cannot give */
export function fillFamilies(spec: Mutable<ServiceSpec>, family: FamilyName): readonly StatusCause[] {
  if (spec.type === 'ExternalName') return [];
  const isHeadless = spec.clusterIP === 'None';
  const hasSelector = Object.keys(spec.selector ?? {}).length > 0;
  const other: FamilyName = family === 'IPv4' ? 'IPv6' : 'IPv4';
  if (isHeadless && !hasSelector) {
    // Nothing is allocated, and whoever writes the endpoints knows: any families will do.
    const isSingle =
      spec.ipFamilyPolicy === 'SingleStack' || (spec.ipFamilyPolicy === undefined && spec.ipFamilies?.length === 1);
    spec.ipFamilyPolicy ??= isSingle ? 'SingleStack' : 'RequireDualStack';
    if ((spec.ipFamilies?.length ?? 0) === 0) spec.ipFamilies = [family];
    const [first] = spec.ipFamilies!;
    if (!isSingle && spec.ipFamilies!.length === 1) spec.ipFamilies = [first!, first === family ? other : family];
    return [];
  }
  const causes = (spec.ipFamilies ?? []).flatMap((one, i) =>
    one === other ? [invalidValue(at('spec.ipFamilies', i), one, 'not configured on this cluster')] : [],
  );
  if (spec.ipFamilyPolicy === 'RequireDualStack') {
    const why = 'this cluster is not configured for dual-stack services';
    causes.push(invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, why));
  }
  spec.ipFamilyPolicy ??= 'SingleStack';
  if ((spec.ipFamilies?.length ?? 0) === 0) spec.ipFamilies = [family];
  return causes;
}
