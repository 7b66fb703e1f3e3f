import { copyOf } from '#lib/api/copy.ts';
import { conformObject } from '#lib/api/json/decode.ts';
import { JsonError } from '#lib/api/json/json-error.ts';
import { parseJson } from '#lib/api/json/parse.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { applyJsonPatch } from '#lib/api/patch/json.ts';
import { applyMergePatch } from '#lib/api/patch/merge.ts';
import { applyStrategicPatch } from '#lib/api/patch/strategic.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { badRequest } from '#lib/api/status.ts';
import type { ApiResponse } from '../../exchange.ts';
import { checkKind, type Expected, expectedOf, judgeFields, unsupportedMediaType } from '../codec.ts';
import { readWriteOptions, type WriteOptions } from '../options.ts';
import type { Presenter } from '../present/presenter.ts';
import type { ResourceCall, WarnedCall } from '../registry.ts';
import { jsonResponse } from '../respond.ts';
import type { Core, Served } from '../served.ts';
import { apply, applyType } from './apply.ts';
import { type ChangeRules, changeObject } from './change.ts';
import { readingPatch } from './invalid-patch.ts';
import { withoutEntries } from './ownership.ts';
import { checkName } from './update.ts';

export async function patch(
  core: Core,
  served: Served,
  call: WarnedCall,
  presenter: Presenter,
  rules: ChangeRules,
): Promise<ApiResponse> {
  if (call.contentType === applyType) return apply(core, served, call, presenter, rules);
  const options = readWriteOptions(call.query, 'PatchOptions', { userAgent: call.userAgent });
  const { warnings } = call;
  const patched = patcher(call, expectedOf(served), options, warnings.add);
  const derive = (current: KubeObject): ApiObject => {
    const next = patched(current);
    checkName(served, next, call);
    served.rules.applyDefaults(next);
    return next;
  };
  const change = { name: call.name!, derive, rules, checksVersion: true };
  const stored = await changeObject(core, served, change, { call, warnings, isDryRun: options.isDryRun });
  await served.conversion?.ready?.([stored], call.signal);
  return jsonResponse(200, presenter.one(stored), {}, presenter.contentType);
}

/** What the call's patch makes of an object. @throws {StatusError} if it cannot be read, or later, if it does not apply */
export function patcher(
  { body, contentType }: ResourceCall,
  expected: Expected,
  { fieldValidation }: WriteOptions,
  warn: (text: string) => void,
): (current: KubeObject) => ApiObject {
  const apply = patchTypes.get(contentType);
  // What has no declared type cannot be merged by it.
  const isStrategic = contentType === strategicType && expected.type.conform !== undefined;
  if (apply === undefined || isStrategic) {
    const known = [...patchTypes.keys(), 'application/apply-patch+yaml'];
    throw unsupportedMediaType(known.filter((type) => !isStrategic || type !== strategicType));
  }
  const { value, duplicateFields } = parsePatch(body);
  // Owners are as large as the rest: who does not speak of them need not carry them.
  const speaksOfOwners = Buffer.from(body).includes('managedFields');
  return (current) => {
    const patched = apply(speaksOfOwners ? current : withoutEntries(current), value, expected);
    const shown = () => (contentType === strategicType ? value : patched);
    const conformed = readingPatch(
      () => {
        const made = conformObject(patched as Record<string, unknown>, expected.type);
        judgeFields({ ...made, duplicateFields }, expected.type, fieldValidation, warn);
        return made;
      },
      { isStrategic: contentType === strategicType, shown },
    );
    // What did not change is shared with the stored object, which nobody may change.
    return checkKind(copyOf(conformed.object), expected);
  };
}

const strategicType = 'application/strategic-merge-patch+json';

type Apply = (current: unknown, patch: unknown, expected: Expected) => unknown;
const patchTypes: ReadonlyMap<string, Apply> = new Map<string, Apply>([
  ['application/json-patch+json', applyJsonPatch],
  ['application/merge-patch+json', applyMergePatch],
  [strategicType, (current, patch, { type }) => applyStrategicPatch(current, patch, type)],
]);

function parsePatch(body: Uint8Array): ReturnType<typeof parseJson> {
  try {
    return parseJson(Buffer.from(body).toString());
  } catch (error) {
    if (error instanceof JsonError) throw badRequest(`error decoding patch: ${error.message}`);
    throw error;
  }
}
