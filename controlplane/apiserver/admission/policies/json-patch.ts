// What a JSON patch made by an expression does to an object. Pure.
// Rule: k8s.io/apiserver admission/plugin/policy/mutating/patch, json_patch.
import { applyJsonPatch } from '#lib/api/patch/json.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { ObjectValue, PatchValue } from '#lib/cel/objects.ts';
import { fromCel } from '#lib/cel/values.ts';
import { misnamedIn } from './apply-configuration.ts';

/** The object itself where a test of the patch does not hold. @throws {Error} if `patch` is none, or does not apply */
export function applyPatch(object: KubeObject, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw new Error('type mismatch: JSONPatchType.expression should evaluate to array');
  const operations = patch.map(operationOf);
  let next: unknown = object;
  for (const operation of operations) {
    try {
      next = applyJsonPatch(next, [operation]);
    } catch (error) {
      if (operation['op'] === 'test') return object;
      throw new Error(`JSONPath: ${(error as Error).message}`, { cause: error });
    }
  }
  return next;
}

function operationOf(one: unknown): Readonly<Record<string, unknown>> {
  if (!(one instanceof PatchValue)) {
    throw new Error('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch');
  }
  const { op, path, from, value } = Object.fromEntries(one);
  // A message says where it belongs by its name; the patch says where it goes.
  const wrong = value instanceof ObjectValue ? misnamedIn(value, value.typeName) : [];
  if (wrong.length > 0) throw new Error(`type mismatch: ${wrong.join('\n')}`);
  return {
    op,
    path: path ?? '',
    ...(from === undefined ? {} : { from }),
    ...(value === undefined ? {} : { value: fromCel(value) }),
  };
}
