// Which lists a review may ask about. Pure. Rule: authorization validation, validateFieldSelectorAttributes.
import { at, child, forbiddenField, invalidValue, type Path, required } from '#lib/api/field-errors.ts';
import { wrongLabelValue, wrongQualifiedName } from '#lib/api/names.ts';
import type { ResourceAttributes } from '#lib/api/types/authorization.v1.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';

export function wrongSelectors(attributes: ResourceAttributes | undefined): StatusCause[] {
  const { fieldSelector, labelSelector } = attributes ?? {};
  const path = 'spec.resourceAttributes';
  return [
    ...wrongSelector(fieldSelector, child(path, 'fieldSelector'), wrongField),
    ...wrongSelector(labelSelector, child(path, 'labelSelector'), wrongLabel),
  ];
}

interface Selector {
  readonly rawSelector?: string | undefined;
  readonly requirements?: readonly Requirement[] | undefined;
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

function wrongSelector(
  selector: Selector | undefined,
  path: Path,
  wrong: (one: Requirement, path: Path) => readonly StatusCause[],
): StatusCause[] {
  if (selector === undefined) return [];
  const { rawSelector = '', requirements = [] } = selector;
  const list = child(path, 'requirements');
  const causes = requirements.flatMap((one, index) => [
    ...wrong(one, at(list, index)),
    ...wrongValues(one, at(list, index)),
  ]);
  if (rawSelector !== '' && requirements.length > 0) {
    const why = 'may not specified at the same time as requirements';
    return [invalidValue(child(path, 'rawSelector'), rawSelector, why), ...causes];
  }
  if (rawSelector !== '' || requirements.length > 0) return causes;
  return [required(list, `when ${path} is specified, requirements or rawSelector is required`)];
}

function wrongField({ key }: Requirement, path: Path): readonly StatusCause[] {
  return key ? [] : [required(child(path, 'key'), 'must be specified')];
}

function wrongLabel({ key, values = [] }: Requirement, path: Path): readonly StatusCause[] {
  const list = child(path, 'values');
  return [
    ...wrongQualifiedName(key).map((message) => invalidValue(child(path, 'key'), key, message)),
    ...values.flatMap((value, index) =>
      wrongLabelValue(value).map((message) => invalidValue(at(list, index), value, message)),
    ),
  ];
}

/** Operators that are not known may come from newer clients: they narrow nothing. */
function wrongValues({ operator, values = [] }: Requirement, path: Path): readonly StatusCause[] {
  const field = child(path, 'values');
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    return [required(field, "must be specified when `operator` is 'In' or 'NotIn'")];
  }
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
    return [forbiddenField(field, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
  }
  return [];
}
