import { at, child, forbiddenField, invalidValue, type Path, required } from '../field-errors.ts';
import { wrongLabelValue, wrongQualifiedName } from '../names.ts';
import type { LabelSelector, StatusCause } from '../types/meta.v1.ts';
import { validateLabels } from './metadata.ts';

/** With `mayHaveAnyValue`, an expression may name values that no label has. Rule: apimachinery ValidateLabelSelector. */
export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: Path,
  mayHaveAnyValue = false,
): StatusCause[] {
  const causes = validateLabels(selector?.matchLabels, child(path, 'matchLabels'));
  for (const [index, { key, operator, values }] of (selector?.matchExpressions ?? []).entries()) {
    const field = at(child(path, 'matchExpressions'), index);
    causes.push(...validateOperands(operator, values, field));
    causes.push(...wrongQualifiedName(key ?? '').map((message) => invalidValue(child(field, 'key'), key, message)));
    for (const [position, value] of (mayHaveAnyValue ? [] : (values ?? [])).entries()) {
      const where = at(child(field, 'values'), position);
      causes.push(...wrongLabelValue(value).map((message) => invalidValue(where, value, message)));
    }
  }
  return causes;
}

function validateOperands(operator: string, values: readonly string[] | undefined, path: Path): StatusCause[] {
  const field = child(path, 'values');
  switch (operator) {
    case 'In':
    case 'NotIn':
      return (values ?? []).length === 0
        ? [required(field, "must be specified when `operator` is 'In' or 'NotIn'")]
        : [];
    case 'Exists':
    case 'DoesNotExist':
      return (values ?? []).length === 0
        ? []
        : [forbiddenField(field, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    default:
      return [invalidValue(child(path, 'operator'), operator, 'not a valid selector operator')];
  }
}

/** Rule: apimachinery LabelSelectorHasInvalidLabelValue. */
export function hasWrongLabelValue(selector: LabelSelector | undefined): boolean {
  const expressions = selector?.matchExpressions ?? [];
  return expressions.some(({ values }) => (values ?? []).some((value) => wrongLabelValue(value).length > 0));
}

/** A selector of a workload: there, not empty, and one that its template's labels meet. */
export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length === 0;
}
