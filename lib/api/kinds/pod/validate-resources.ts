import { at, child, forbiddenField, invalidValue, type Path, required } from '../../field-errors.ts';
import { wrongQualifiedName } from '../../names.ts';
import { compareQuantities, readQuantity, wrongQuantityForm } from '../../quantity.ts';
import type { ResourceRequirements } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

/** Rule: core validation ValidateContainerResourceRequirements. */
export function validateResources(resources: ResourceRequirements | undefined, path: Path): StatusCause[] {
  const limits = resources?.limits ?? {};
  const requests = resources?.requests ?? {};
  const causes = [
    ...validateAmounts(limits, child(path, 'limits')),
    ...validateAmounts(requests, child(path, 'requests')),
  ];
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    if (readQuantity(request) === undefined || (limit !== undefined && readQuantity(limit) === undefined)) continue;
    if (limit === undefined) {
      if (!mayOvercommit(name))
        causes.push(required(child(path, 'limits'), 'Limit must be set for non overcommitable resources'));
    } else if (!mayOvercommit(name) && compareQuantities(request, limit) !== 0) {
      causes.push(invalidValue(child(path, 'requests'), request, `must be equal to ${name} limit of ${limit}`));
    } else if (mayOvercommit(name) && compareQuantities(request, limit) > 0) {
      causes.push(
        invalidValue(child(path, 'requests'), request, `must be less than or equal to ${name} limit of ${limit}`),
      );
    }
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some((name) => name.startsWith('hugepages-')) && !names.includes('cpu') && !names.includes('memory')) {
    causes.push(forbiddenField(path, 'HugePages require cpu or memory'));
  }
  return causes;
}

function validateAmounts(amounts: Readonly<Record<string, string>>, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [name, amount] of Object.entries(amounts)) {
    const field = at(path, name);
    causes.push(...validateResourceName(name, field));
    causes.push(...validateAmount(name, amount, field));
  }
  return causes;
}

export function validateResourceName(name: string, path: Path): StatusCause[] {
  const wrong = wrongQualifiedName(name);
  if (wrong.length > 0) return wrong.map((message) => invalidValue(path, name, message));
  if (isStandard(name) || name.includes('/')) return [];
  return [
    invalidValue(path, name, 'must be a standard resource type or fully qualified'),
    invalidValue(path, name, 'must be a standard resource for containers'),
  ];
}

/** An amount of anything: not negative, and whole where the resource comes in pieces. */
export function validateAmount(name: string, amount: string, path: Path): StatusCause[] {
  const quantity = readQuantity(amount);
  if (quantity === undefined) return [invalidValue(path, amount, wrongQuantityForm)];
  if (quantity.nanos < 0n) return [invalidValue(path, amount, 'must be greater than or equal to 0')];
  const isWhole = quantity.nanos % 1_000_000_000n === 0n;
  return isWhole || mayOvercommit(name) ? [] : [invalidValue(path, amount, 'must be an integer')];
}

function isStandard(name: string): boolean {
  return ['cpu', 'memory', 'ephemeral-storage'].includes(name) || name.startsWith('hugepages-');
}

/** Extended resources and huge pages are handed out whole. */
function mayOvercommit(name: string): boolean {
  return !name.startsWith('hugepages-') && (!name.includes('/') || /^([^/]*\.)?kubernetes\.io\//.test(name));
}
