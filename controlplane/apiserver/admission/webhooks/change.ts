import { isDeepStrictEqual } from 'node:util';
import { parseJson } from '#lib/api/json/parse.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { applyJsonPatch } from '#lib/api/patch/json.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { AdmissionResponse } from '#lib/api/types/admission.v1.ts';
import type { Attributes } from '../admission.ts';
import type { Match } from './match.ts';
import { internal } from './refusals.ts';

/** Does to the object what the webhook's answer says. Returns whether that changed anything. @throws {StatusError} InternalError */
export async function applyAnswer(
  name: string,
  { patch }: AdmissionResponse,
  match: Match,
  attributes: Attributes,
): Promise<boolean> {
  if (!patch) return false;
  const operations = parsed(Buffer.from(patch, 'base64').toString());
  if (Array.isArray(operations) && operations.length === 0) return false;
  if (attributes.object === undefined || attributes.revise === undefined) {
    const why = 'attempted to modify the object, which is not supported for this operation';
    throw internal(`admission webhook ${JSON.stringify(name)} ${why}`);
  }
  return change(attributes, match, (object) => {
    try {
      return applyJsonPatch(object, operations);
    } catch (error) {
      throw internal((error as Error).message);
    }
  });
}

/** Makes of the object, in the version it is matched in, what `apply` says. Returns whether that changed anything. */
export async function change(
  { object, revise }: Attributes,
  match: Match,
  apply: (object: KubeObject) => unknown,
): Promise<boolean> {
  if (object === undefined || revise === undefined) return false;
  const next = await revise(await changed(object, match, apply));
  if (isDeepStrictEqual(next, object)) return false;
  replace(object, next);
  return true;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text).value;
  } catch (error) {
    throw internal((error as Error).message);
  }
}

async function changed(object: ApiObject, match: Match, apply: (object: KubeObject) => unknown): Promise<unknown> {
  if (match.as === 'itself') return apply(object);
  const { to, from } = match.equivalent;
  return from(apply(await to(object)) as ApiObject);
}

/** In place: others hold the object, too. */
export function replace(object: ApiObject, next: ApiObject): void {
  for (const key of Object.keys(object)) if (!(key in next)) delete object[key];
  Object.assign(object, next);
}
