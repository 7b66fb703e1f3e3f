// Resources and claims of a pod as a whole. Pure. Rule: core validation validatePodResources, validatePodResourceClaims.
import { at, child, duplicate, forbiddenField, invalidValue, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import { compareQuantities, readQuantity } from '../../quantity.ts';
import type { PodResourceClaim, PodSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { PodLeniency } from './leniency.ts';
import { totalOf } from './pod-resources.ts';
import { isHugePages, validatePodResourceName } from './resource-names.ts';
import { validateResources } from './validate-resources.ts';

export function validatePodResources(
  spec: PodSpec,
  claims: ReadonlySet<string>,
  path: Path,
  leniency: PodLeniency,
): StatusCause[] {
  const { resources } = spec;
  const field = child(path, 'resources');
  if (resources === undefined) return [];
  if (spec.os?.name === 'windows') return [forbiddenField(field, 'may not be set for a windows pod')];
  return [
    ...(resources.claims === undefined
      ? []
      : [forbiddenField(child(field, 'claims'), 'claims may not be set for Resources at pod-level')]),
    ...validateResources(resources, field, { claims, leniency, wrongName: validatePodResourceName }),
    ...validateSum(spec, field),
    ...validateEach(spec, field),
  ];
}

/** The whole holds what its containers request, and the huge pages that they may have. */
function validateSum(spec: PodSpec, path: Path): StatusCause[] {
  return (['requests', 'limits'] as const).flatMap((list) =>
    Object.entries(totalOf(spec, list)).flatMap(([name, sum]) => {
      const whole = spec.resources?.[list]?.[name];
      if (whole === undefined || readQuantity(whole) === undefined) return [];
      if ((list === 'limits' && !isHugePages(name)) || compareQuantities(sum, whole) <= 0) return [];
      const why = `must be greater than or equal to aggregate container ${list} of ${sum}`;
      return [invalidValue(at(child(path, list), name), whole, why)];
    }),
  );
}

function validateEach({ containers, resources }: PodSpec, path: Path): StatusCause[] {
  return (containers ?? []).flatMap((container, index) =>
    Object.entries(container.resources?.limits ?? {}).flatMap(([name, limit]) => {
      const whole = resources?.limits?.[name];
      if (whole === undefined || readQuantity(whole) === undefined || readQuantity(limit) === undefined) return [];
      if (compareQuantities(limit, whole) <= 0) return [];
      const field = child(at(at(child(path, 'containers'), index), name), 'limits');
      return [invalidValue(field, limit, `must be less than or equal to pod limits of ${whole}`)];
    }),
  );
}

export function claimNames({ resourceClaims }: PodSpec): ReadonlySet<string> {
  return new Set((resourceClaims ?? []).map(({ name }) => name).filter(Boolean));
}

export function validatePodClaims(claims: readonly PodResourceClaim[], isStatic: boolean, path: Path): StatusCause[] {
  const taken = new Set<string>();
  return claims.flatMap((claim, index) => {
    if (isStatic) return [forbiddenField('', 'static pods do not support resource claims')];
    return validatePodClaim(claim, taken, at(path, index));
  });
}

function validatePodClaim(claim: PodResourceClaim, taken: Set<string>, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const { name, resourceClaimName, resourceClaimTemplateName } = claim;
  const field = child(path, 'name');
  if (!name) causes.push(required(field));
  else if (taken.has(name)) causes.push(duplicate(field, name));
  else causes.push(...wrongDns1123Label(name).map((message) => invalidValue(field, name, message)));
  taken.add(name);
  if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
    const why = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
    causes.push(invalidValue(path, claim, why));
  }
  if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
    const why = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
    causes.push(invalidValue(path, claim, why));
  }
  for (const one of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
    const value = claim[one];
    if (value === undefined) continue;
    causes.push(...wrongDns1123Subdomain(value).map((message) => invalidValue(child(path, one), value, message)));
  }
  return causes;
}
