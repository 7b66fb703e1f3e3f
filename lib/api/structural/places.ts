// Where upstream says that something of a version is wrong: what all versions have alike is looked at once, as if the
// definition as a whole had it. Rule: apiextensions v1, Convert_v1_CustomResourceDefinitionSpec.
import { at, child, type Path } from '../field-errors.ts';
import type { CustomResourceDefinitionVersion } from '../types/apiextensions.v1.ts';
import { isEqual } from './equal.ts';

export type Part = 'additionalPrinterColumns' | 'schema' | 'selectableFields' | 'subresources';

/** The field of a version's part; undefined if another version stands for it. */
export function placeOf(
  versions: readonly CustomResourceDefinitionVersion[],
  index: number,
  part: Part,
): Path | undefined {
  const isShared = isAlike(versions, part) && (part !== 'selectableFields' || isAlike(versions, 'schema'));
  if (!isShared) return child(at('spec.versions', index), part);
  return index === 0 ? child('spec', part === 'schema' ? 'validation' : part) : undefined;
}

function isAlike(versions: readonly CustomResourceDefinitionVersion[], part: Part): boolean {
  return versions.every((version) => isEqual(version[part], versions[0]?.[part]));
}
