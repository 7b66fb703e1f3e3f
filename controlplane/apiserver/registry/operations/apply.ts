// Server-side apply: the configuration is merged in, what was applied before and is no more goes, and nobody else's fields
// are taken without force. Rule: Server-Side Apply.

import { compare, fieldsOf } from '#lib/api/apply/compare.ts';
import { applyConflict } from '#lib/api/apply/conflict.ts';
import { difference, type Fields, leaf, union, without } from '#lib/api/apply/fields.ts';
import {
  afterApply,
  type Entries,
  entryOf,
  lastApplied,
  type Manager,
  owned,
  ownedByOthers,
} from '#lib/api/apply/managers.ts';
import { merged, pruned } from '#lib/api/apply/merge.ts';
import type { Shape } from '#lib/api/apply/shape.ts';
import { copyOf } from '#lib/api/copy.ts';
import { conformObject } from '#lib/api/json/decode.ts';
import { JsonError } from '#lib/api/json/json-error.ts';
import { parseJson } from '#lib/api/json/parse.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { badRequest, conflict, notFound } from '#lib/api/status.ts';
import { hasReason } from '#lib/errors.ts';
import type { ApiResponse } from '../../exchange.ts';
import { repeatedKeysIn, yamlToJson } from '../../http/yaml.ts';
import { checkKind, type Expected, expectedOf, judgeFields } from '../codec.ts';
import { readWriteOptions, type WriteOptions } from '../options.ts';
import type { Presenter } from '../present/presenter.ts';
import type { ResourceCall, WarnedCall } from '../registry.ts';
import { jsonResponse } from '../respond.ts';
import { type Core, type Served, timeText } from '../served.ts';
import { type ChangeRules, changeObject } from './change.ts';
import { createObject } from './create.ts';
import { managerOf, shapeFor, withoutEntries } from './ownership.ts';
import { checkName } from './update.ts';

export const applyType = 'application/apply-patch+yaml';

export async function apply(
  core: Core,
  served: Served,
  call: WarnedCall,
  presenter: Presenter,
  rules: ChangeRules,
): Promise<ApiResponse> {
  const options = readWriteOptions(call.query, 'PatchOptions', { userAgent: call.userAgent, isApply: true });
  const { warnings } = call;
  const config = await readConfig(call, expectedOf(served), options, warnings.add);
  checkName(served, config, call);
  const request = { call, warnings, isDryRun: options.isDryRun };
  const manager = managerOf(served, call);
  const fields = appliedFields(served, config, call);
  const time = () => timeText(core.clock.now());
  let entries: Entries = [];
  const derive = (current: KubeObject): ApiObject => {
    const result = applied(served, { current, config, fields, manager, force: options.force, time: time() });
    entries = result.entries;
    served.rules.applyDefaults(result.next);
    return result.next;
  };
  const change = { name: call.name!, derive, rules, checksVersion: true, entries: () => entries };
  try {
    const stored = await changeObject(core, served, change, request);
    await served.conversion?.ready?.([stored], call.signal);
    return jsonResponse(200, presenter.one(stored), {}, presenter.contentType);
  } catch (error) {
    if (!hasReason(error, 'NotFound') || call.subresource !== undefined) throw error;
    const { uid, resourceVersion } = config.metadata;
    if (uid) {
      const what = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
      throw conflict(served.named, call.name!, what);
    }
    if (resourceVersion) throw notFound(served.named, call.name!);
    const own = fields === undefined ? [] : [entryOf(manager, 'Apply', fields, time())];
    const stored = await createObject(core, served, copyOf(config), request, own);
    await served.conversion?.ready?.([stored], call.signal);
    return jsonResponse(201, presenter.one(stored), {}, presenter.contentType);
  }
}

/** @throws {StatusError} BadRequest for what cannot be read or names its owners itself */
export async function readConfig(
  { body }: ResourceCall,
  expected: Expected,
  { fieldValidation }: WriteOptions,
  warn: (text: string) => void,
): Promise<ApiObject> {
  const text = Buffer.from(body).toString();
  const isJson = text.trimStart().startsWith('{');
  if (!isJson && fieldValidation !== 'Ignore') await judgeKeys(text, fieldValidation, warn);
  const json = isJson ? text : await yamlToJson(text);
  const { value, duplicateFields } = parsed(json);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const { apiVersion, kind } = (isObject ? value : {}) as { readonly apiVersion?: unknown; readonly kind?: unknown };
  if (!apiVersion || !kind) {
    throw badRequest(`invalid object type: ${shownVersion(String(apiVersion ?? ''))}, Kind=${String(kind ?? '')}`);
  }
  const conformed = conformObject(value as Record<string, unknown>, expected.type);
  judgeFields({ object: conformed.object, unknownFields: [], duplicateFields }, expected.type, fieldValidation, warn);
  const config = checkKind(conformed.object, expected);
  refuseUndeclared(config, conformed.unknownFields);
  const { managedFields } = config.metadata as { readonly managedFields?: unknown };
  if (managedFields !== undefined && managedFields !== null) throw badRequest('metadata.managedFields must be nil');
  return config;
}

/** @throws {StatusError} BadRequest under Strict, if a key stands twice in a map */
async function judgeKeys(
  text: string,
  fieldValidation: WriteOptions['fieldValidation'],
  warn: (text: string) => void,
): Promise<void> {
  const problems = await repeatedKeysIn(text);
  if (problems.length === 0) return;
  if (fieldValidation !== 'Strict') return problems.forEach(warn);
  const problem = problems.join('\n  ');
  throw badRequest(`error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  ${problem}`);
}

/** Who applies owns fields by their schema: a field that has none can have no owner, whatever `fieldValidation` says. */
function refuseUndeclared({ apiVersion, kind, metadata }: ApiObject, unknownFields: readonly string[]): void {
  if (unknownFields.length === 0) return;
  const all = unknownFields.map((field) => `.${field}: field not declared in schema`);
  const problems = all.length === 1 ? all[0] : `errors:${all.map((one) => `\n  ${one}`).join('')}`;
  const named = `${metadata.namespace ?? ''}/${metadata.name ?? ''}; ${shownVersion(String(apiVersion))}, Kind=${kind}`;
  throw badRequest(`failed to create typed patch object (${named}): ${problems}`);
}

/** As Go prints the group and version of a kind. */
function shownVersion(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
}

function parsed(json: string): ReturnType<typeof parseJson> {
  try {
    return parseJson(json);
  } catch (error) {
    if (error instanceof JsonError) throw badRequest(`error decoding patch: ${error.message}`);
    throw error;
  }
}

/** What the manager owns by it: not what this way of writing cannot change. */
function appliedFields(served: Served, config: ApiObject, call: ResourceCall): Fields | undefined {
  const fields = owned(fieldsOf(config, shapeFor(served)));
  if (call.subresource === 'status') return without(fields, { 'f:spec': leaf, 'f:data': leaf });
  return served.rules.hasStatus ? without(fields, { 'f:status': leaf }) : fields;
}

interface Applied {
  readonly current: KubeObject;
  readonly config: ApiObject;
  readonly fields: Fields | undefined;
  readonly manager: Manager;
  readonly force: boolean;
  readonly time: string;
}

/** @throws {StatusError} Conflict where others own what would change */
export function applied(
  served: Served,
  { current, config, fields, manager, force, time }: Applied,
): { readonly next: ApiObject; readonly entries: Entries } {
  const shape = shapeFor(served);
  const live = withoutEntries(current);
  const before = current.metadata.managedFields ?? legacy(served, live, manager, time);
  const others = union(ownedByOthers(before, manager), fields);
  const gone = difference(lastApplied(before, manager), others);
  const whole = merged(live, config, shape);
  const next = (gone === undefined ? whole : pruned(whole, gone, others, shape)) as KubeObject;
  const { entries, conflicts } = afterApply(before, fields, compare(live, next, shape), manager, time);
  if (conflicts.length > 0 && !force && !isOwnPast(conflicts, live, manager, shape)) throw applyConflict(conflicts);
  // What did not change is shared with the stored object, which nobody may change.
  return { next: copyOf(next) as ApiObject, entries };
}

/** What stood there before anybody was written down. Rule: before-first-apply. */
function legacy(served: Served, live: KubeObject, { apiVersion }: Manager, time: string): Entries {
  const fields = owned(fieldsOf(live, shapeFor(served), true));
  const manager = { name: 'before-first-apply', apiVersion, subresource: '' };
  return fields === undefined ? [] : [entryOf(manager, 'Update', fields, time)];
}

/** kubectl takes over what it applied on the client's side before. Rule: lastAppliedManager. */
function isOwnPast(
  conflicts: ReturnType<typeof afterApply>['conflicts'],
  live: KubeObject,
  { name }: Manager,
  shape: Shape,
): boolean {
  const text = live.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'];
  if (name !== 'kubectl' || text === undefined) return false;
  try {
    const past = JSON.parse(text) as KubeObject;
    const { changed, removed } = compare(merged(live, past, shape), live, shape);
    // What somebody has changed since is no longer kubectl's.
    const own = difference(difference(fieldsOf(past, shape, true), changed), removed);
    return conflicts.every(({ fields }) => difference(fields, own) === undefined);
  } catch {
    return false; // somebody wrote something else there
  }
}
