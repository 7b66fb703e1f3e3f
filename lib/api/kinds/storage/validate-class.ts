// Whether classes of storage and of attributes of volumes may be stored. Pure. Rule: storage validation,
// ValidateStorageClass, ValidateVolumeAttributesClass.
import {
  at,
  child,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  type Path,
  required,
  tooLong,
} from '../../field-errors.ts';
import { wrongQualifiedName } from '../../names.ts';
import type { TopologySelectorTerm } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { StorageClass, VolumeAttributesClass } from '../../types/storage.v1.ts';
import { isSame } from '../equal.ts';
import { immutable } from '../metadata.ts';

const mostParameters = 512;
const mostBytes = 256 * 1024;
const policies = ['Delete', 'Retain'];
const modes = ['Immediate', 'WaitForFirstConsumer'];

export function validateStorageClass(object: StorageClass): StatusCause[] {
  const { provisioner, parameters = {}, reclaimPolicy, volumeBindingMode: mode, allowedTopologies = [] } = object;
  return [
    ...validateDriver(provisioner, 'provisioner'),
    ...validateParameters(parameters),
    ...(reclaimPolicy && !policies.includes(reclaimPolicy)
      ? [notSupported('reclaimPolicy', reclaimPolicy, policies)]
      : []),
    ...(mode === undefined ? [required('volumeBindingMode')] : []),
    ...(mode !== undefined && !modes.includes(mode) ? [notSupported('volumeBindingMode', mode, modes)] : []),
    ...validateTopologies(allowedTopologies, 'allowedTopologies'),
  ];
}

export function validateStorageClassUpdate(next: StorageClass, previous: StorageClass): StatusCause[] {
  const fixed = (['parameters', 'provisioner', 'reclaimPolicy'] as const)
    .filter((field) => !isSame(next[field], previous[field]))
    .map((field) => forbiddenField(field, `updates to ${field} are forbidden.`));
  const causes = [...validateStorageClass(next), ...fixed];
  if (next.volumeBindingMode === previous.volumeBindingMode) return causes;
  return [...causes, invalidValue('volumeBindingMode', next.volumeBindingMode, immutable)];
}

export function validateAttributesClass({ driverName, parameters = {} }: VolumeAttributesClass): StatusCause[] {
  const isEmpty = Object.keys(parameters).length === 0;
  return [
    ...validateDriver(driverName, 'driverName'),
    ...validateParameters(parameters),
    ...(isEmpty ? [required('parameters', 'must contain at least one key/value pair')] : []),
  ];
}

export function validateAttributesClassUpdate(
  next: VolumeAttributesClass,
  previous: VolumeAttributesClass,
): StatusCause[] {
  const fixed = (['driverName', 'parameters'] as const)
    .filter((field) => !isSame(next[field], previous[field]))
    .map((field) => forbiddenField(field, `updates to ${field} are forbidden.`));
  return [...fixed, ...validateAttributesClass(next)];
}

function validateDriver(name: string | undefined, path: Path): StatusCause[] {
  if (!name) return [required(path)];
  return wrongQualifiedName(name.toLowerCase()).map((message) => invalidValue(path, name.toLowerCase(), message));
}

function validateParameters(parameters: Readonly<Record<string, string>>): StatusCause[] {
  const all = Object.entries(parameters);
  if (all.length > mostParameters) return [tooLong('parameters', mostParameters)];
  const bytes = all.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...(Object.hasOwn(parameters, '') ? [invalidValue('parameters', '', 'field can not be empty.')] : []),
    ...(bytes > mostBytes ? [tooLong('parameters', mostBytes)] : []),
  ];
}

/** Each term once, and none that says nothing. */
function validateTopologies(terms: readonly TopologySelectorTerm[], path: Path): StatusCause[] {
  const seen: object[] = [];
  return terms.flatMap((term, index) => {
    const field = child(at(path, index), 'matchLabelExpressions');
    const causes = validateTerm(term, field);
    const values = (term.matchLabelExpressions ?? []).map(({ key, values = [] }) => [key, [...new Set(values)].sort()]);
    const own = Object.fromEntries(values);
    if (isSame(own, {}) || seen.some((one) => isSame(one, own))) causes.push(duplicate(field, ''));
    seen.push(own);
    return causes;
  });
}

function validateTerm({ matchLabelExpressions: all = [] }: TopologySelectorTerm, path: Path): StatusCause[] {
  return all.flatMap(({ key, values = [] }, index) => {
    const field = at(path, index);
    const place = child(field, 'values');
    const isSecond = all.findIndex((one) => one.key === key) < index;
    return [
      ...(values.length === 0 ? [required(place)] : []),
      ...values.flatMap((value, i) => (values.indexOf(value) < i ? [duplicate(at(place, i), value)] : [])),
      ...wrongQualifiedName(key ?? '').map((message) => invalidValue(child(field, 'key'), key, message)),
      ...(isSecond ? [duplicate(child(field, 'key'), key)] : []),
    ];
  });
}
