// What an Ingress or its class names by group and kind. Pure. Rule: networking validation,
// validateIngressTypedLocalObjectReference.
import { child, invalidValue, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain, wrongPathSegment } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

interface Reference {
  readonly apiGroup?: string | undefined;
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
}

export function validateReference(reference: Reference, path: Path): StatusCause[] {
  const { apiGroup } = reference;
  const wrong = apiGroup === undefined ? [] : wrongDns1123Subdomain(apiGroup);
  const names = (['kind', 'name'] as const).flatMap((name) => {
    const [field, value] = [child(path, name), reference[name]];
    if (!value) return [required(field, `${name} is required`)];
    return wrongPathSegment(value).map((message) => invalidValue(field, value, message));
  });
  return [...wrong.map((message) => invalidValue(child(path, 'apiGroup'), apiGroup, message)), ...names];
}
