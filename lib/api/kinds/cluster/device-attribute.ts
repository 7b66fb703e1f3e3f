// What a device is like: one value for each attribute, or a list of values of one type. Pure. Rule: resource
// validation, validateDeviceAttribute.
import { at, child, invalidValue, type Path, tooLong } from '../../field-errors.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { Device, DeviceAttribute } from '../../types/resource.v1.ts';

const mostValues = 48;
const longestValue = 64;

export function validateAttribute(attribute: DeviceAttribute, path: Path): StatusCause[] {
  const { string: text, version } = attribute;
  const causes = [
    ...(text === undefined ? [] : validateText(text, child(path, 'string'))),
    ...(version === undefined ? [] : validateVersion(version, child(path, 'version'))),
    ...validateValues(attribute.bools, child(path, 'bools'), () => []),
    ...validateValues(attribute.ints, child(path, 'ints'), () => []),
    ...validateValues(attribute.strings, child(path, 'strings'), validateText),
    ...validateValues(attribute.versions, child(path, 'versions'), validateVersion),
  ];
  const given = Object.values(attribute).filter((value) => value !== undefined && value !== null);
  if (given.length === 1) return causes;
  return [...causes, invalidValue(path, given.length === 0 ? '' : attribute, 'exactly one value must be specified')];
}

/** All values of a device together: each of a list counts, as does what has no list. */
export function validateValueCount({ attributes = {} }: Device, path: Path): StatusCause[] {
  const count = Object.values(attributes)
    .map((attribute) => listsOf(attribute).reduce((sum, list) => sum + list.length, 0) || 1)
    .reduce((sum, one) => sum + one, 0);
  if (count <= mostValues) return [];
  return [invalidValue(path, count, `the total number of attribute values must not exceed ${mostValues}`)];
}

export function hasLists({ attributes = {} }: Device): boolean {
  return Object.values(attributes).some((attribute) => listsOf(attribute).length > 0);
}

function listsOf({ bools, ints, strings, versions }: DeviceAttribute): readonly (readonly unknown[])[] {
  return [bools, ints, strings, versions].filter((list) => list !== undefined && list !== null);
}

function validateValues<T>(
  values: readonly T[] | undefined,
  path: Path,
  validate: (value: T, path: Path) => readonly StatusCause[],
): StatusCause[] {
  if (values === undefined || values === null) return [];
  if (values.length === 0) return [invalidValue(path, values, 'must not be empty if specified')];
  return values.flatMap((value, index) => validate(value, at(path, index)));
}

function validateText(text: string, path: Path): StatusCause[] {
  return Buffer.byteLength(text) > longestValue ? [tooLong(path, longestValue)] : [];
}

function validateVersion(version: string, path: Path): StatusCause[] {
  const why = 'must be a string compatible with semver.org spec 2.0.0';
  return [...(semantic.test(version) ? [] : [invalidValue(path, version, why)]), ...validateText(version, path)];
}
/** Rule: semver.org, spec 2.0.0. */
const semantic =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*)?(\+[\da-zA-Z-]+(\.[\da-zA-Z-]+)*)?$/;
