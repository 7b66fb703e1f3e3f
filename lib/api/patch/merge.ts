import { wrongForm } from './form.ts';
import { copyMap, isMap, own, put } from './value.ts';

/**
 * `document` changed as a merge patch says: null removes a key, maps merge, everything else replaces.
 * The document stays as it is. Rule: RFC 7386.
 * @throws {StatusError} BadRequest if the patch is no map
 */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isMap(patch)) throw wrongForm(patch, 'map[string]interface {}', 'error decoding patch: ');
  return merged(document, patch);
}

function merged(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result = isMap(target) ? copyMap(target) : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete result[key];
    else put(result, key, merged(own(result, key), value));
  }
  return result;
}
