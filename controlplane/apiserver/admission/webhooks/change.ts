import { isDeepStrictEqual } from 'node:util';
import { parseJson } from '#lib/api/json/parse.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { applyJsonPatch } from '#lib/api/patch/json.ts';
import type { AdmissionResponse } from '#lib/api/types/admission.v1.ts';
import type { Attributes } from '../admission.ts';
import type { Match } from './match.ts';
import { internal } from './refusals.ts';

/** Does to the object what the webhook's answer says. Returns whether that changed anything. @throws {StatusError} InternalError */
export async function applyAnswer(
  name: string,
  { patch }: AdmissionResponse,
  match: Match,
  { object, revise }: Attributes,
): Promise<boolean> {
  if (!patch) return false;
  const operations = parsed(Buffer.from(patch, 'base64').toString());
  if (Array.isArray(operations) && operations.length === 0) return false;
  if (object === undefined || revise === undefined) {
    const why = 'attempted to modify the object, which is not supported for this operation';
    throw internal(`admission webhook ${JSON.stringify(name)} ${why}`);
  }
  const next = await revise(await patched(object, operations, match));
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

async function patched(object: ApiObject, operations: unknown, match: Match): Promise<unknown> {
  try {
    if (match.as === 'itself') return applyJsonPatch(object, operations);
    const { to, from } = match.equivalent;
    return await from(applyJsonPatch(await to(object), operations) as ApiObject);
  } catch (error) {
    throw internal((error as Error).message);
  }
}

/** In place: others hold the object, too. */
export function replace(object: ApiObject, next: ApiObject): void {
  for (const key of Object.keys(object)) if (!(key in next)) delete object[key];
  Object.assign(object, next);
}
