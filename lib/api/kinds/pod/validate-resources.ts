// What is requested of each resource, and what it is limited to. Pure. Rule: core validation validateResourceRequirements.
import {
  at,
  child,
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundValue,
  type Path,
  required,
} from '../../field-errors.ts';
import { wrongDns1123Label } from '../../names.ts';
import { compareQuantities, readQuantity } from '../../quantity.ts';
import type { ResourceClaim, ResourceRequirements } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { PodLeniency } from './leniency.ts';
import {
  isHugePages,
  mayOvercommit,
  validateAmount,
  validateContainerResourceName,
  validatePages,
} from './resource-names.ts';

interface Context {
  /** The names of the claims that the pod has. */
  readonly claims?: ReadonlySet<string>;
  readonly wrongName?: (name: string, path: Path) => StatusCause[];
  readonly leniency?: PodLeniency;
}

export function validateResources(
  resources: ResourceRequirements | undefined,
  path: Path,
  { claims = new Set(), wrongName = validateContainerResourceName, leniency = {} }: Context = {},
): StatusCause[] {
  const { limits = {}, requests = {} } = resources ?? {};
  const causes: StatusCause[] = [];
  for (const [list, amounts] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, amount] of Object.entries(amounts)) {
      const field = at(child(path, list), name);
      causes.push(...wrongName(name, field), ...validateAmount(name, amount, field));
      if (list === 'requests') causes.push(...validateRequest(name, amount, limits[name], path));
      if (!leniency.brokenPages) causes.push(...validatePages(name, amount, field));
    }
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) {
    causes.push(forbiddenField(path, 'HugePages require cpu or memory'));
  }
  return [...causes, ...validateClaimNames(resources?.claims ?? [], claims, child(path, 'claims'))];
}

function validateRequest(name: string, amount: string, limit: string | undefined, path: Path): StatusCause[] {
  const field = child(path, 'requests');
  if (limit === undefined) {
    if (mayOvercommit(name)) return [];
    return [required(child(path, 'limits'), 'Limit must be set for non overcommitable resources')];
  }
  if (readQuantity(amount) === undefined || readQuantity(limit) === undefined) return [];
  const order = compareQuantities(amount, limit);
  if (order !== 0 && !mayOvercommit(name)) {
    return [invalidValue(field, amount, `must be equal to ${name} limit of ${limit}`)];
  }
  return order > 0 ? [invalidValue(field, amount, `must be less than or equal to ${name} limit of ${limit}`)] : [];
}

/** What a container uses of the pod's claims: each claim once, or requests of it, each once. */
function validateClaimNames(claims: readonly ResourceClaim[], known: ReadonlySet<string>, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const taken = new Set<string>();
  for (const [index, { name, request }] of claims.entries()) {
    const field = at(path, index);
    if (!name) {
      causes.push(required(field));
      continue;
    }
    if (taken.has(name)) causes.push(duplicate(field, name));
    else {
      const wrong = request ? wrongDns1123Label(request) : [];
      causes.push(...wrong.map((message) => invalidValue(child(field, 'request'), request, message)));
      const key = request ? `${name}/${request}` : name;
      if (taken.has(key)) causes.push(duplicate(field, key));
      else if (!request) {
        const overlaps = [...taken].filter((other) => other.startsWith(`${name}/`));
        causes.push(...overlaps.map(() => duplicate(field, name)));
      }
      taken.add(key);
    }
    if (known.has(name)) continue;
    const which = known.size === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`;
    causes.push(notFoundValue(field, name, `must be one of the names in pod.spec.resourceClaims${which}`));
  }
  return causes;
}
