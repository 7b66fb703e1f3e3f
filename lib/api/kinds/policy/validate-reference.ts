// Whom an autoscaler speaks of. Pure. Rule: autoscaling validation, ValidateCrossVersionObjectReference.
import { child, invalidValue, type Path, required } from '../../field-errors.ts';
import { wrongPathSegment } from '../../names.ts';
import type { CrossVersionObjectReference } from '../../types/autoscaling.v2.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

export function validateReference(ref: CrossVersionObjectReference | undefined, path: Path): StatusCause[] {
  return (['kind', 'name'] as const).flatMap((name) => {
    const [field, value] = [child(path, name), ref?.[name]];
    return value ? wrongPathSegment(value).map((message) => invalidValue(field, value, message)) : [required(field)];
  });
}
