import { badRequest, type StatusError } from '../status.ts';

/** A patch that is no list or no map at all, in the words of Go's decoder. `before`: what upstream says first. */
export function wrongForm(
  patch: unknown,
  goType: '[]handlers.jsonPatchOp' | 'map[string]interface {}',
  before: string,
): StatusError {
  const kind = Array.isArray(patch) ? 'array' : typeof patch === 'boolean' ? 'bool' : typeof patch;
  return badRequest(`${before}json: cannot unmarshal ${kind} into Go value of type ${goType}`);
}
