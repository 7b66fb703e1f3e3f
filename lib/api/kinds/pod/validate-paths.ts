import { at, child, invalidValue, type Path, required } from '../../field-errors.ts';
import type { KeyToPath } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

export function validateItems(items: readonly KeyToPath[], path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, item] of items.entries()) {
    const field = at(child(path, 'items'), index);
    if (!item.key) causes.push(required(child(field, 'key')));
    causes.push(...validateFilePath(item.path, child(field, 'path')));
    causes.push(...validateMode(item.mode, child(field, 'mode')));
  }
  return causes;
}

/** A path that must be there. */
export function validateFilePath(value: string | undefined, path: Path): StatusCause[] {
  return value ? validateLocalPath(value, path) : [required(path)];
}

/** A path below the volume: neither absolute nor out of it, and no name that updates need for themselves. */
export function validateLocalPath(value: string, path: Path): StatusCause[] {
  const causes = validateLocalDescent(value, path);
  if (value.startsWith('..') && !value.startsWith('../')) {
    causes.push(invalidValue(path, value, "must not start with '..'"));
  }
  return causes;
}

export function validateLocalDescent(value: string, path: Path): StatusCause[] {
  const causes = value.startsWith('/') ? [invalidValue(path, value, 'must be a relative path')] : [];
  return [...causes, ...validateNoBackstep(value, path)];
}

export function validateMode(mode: number | undefined, path: Path): StatusCause[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  return [invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}

export function validateNoBackstep(value: string, path: Path): StatusCause[] {
  return value.split('/').includes('..') ? [invalidValue(path, value, "must not contain '..'")] : [];
}
