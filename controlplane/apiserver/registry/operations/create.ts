import type { Entries } from '#lib/api/apply/managers.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { alreadyExists, badRequest, failure, invalid } from '#lib/api/status.ts';
import type { ApiResponse } from '../../exchange.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import { decodeBody, expectedOf } from '../codec.ts';
import { generatedName } from '../generate-name.ts';
import { readWriteOptions } from '../options.ts';
import type { Presenter } from '../present/presenter.ts';
import type { WarnedCall } from '../registry.ts';
import { jsonResponse } from '../respond.ts';
import { type Core, keyIn, type Served, timeText } from '../served.ts';
import { attributesOf, type Request } from './attributes.ts';
import { bytesOf, commitPut, storedOf, unknownError } from './commit.ts';
import { ownNew, setEntries } from './ownership.ts';

export async function create(core: Core, served: Served, call: WarnedCall, presenter: Presenter): Promise<ApiResponse> {
  const options = readWriteOptions(call.query, 'CreateOptions', call);
  const { warnings } = call;
  const object = decodeBody(call, expectedOf(served), options.fieldValidation, warnings.add);
  const stored = await createObject(core, served, object, { call, warnings, isDryRun: options.isDryRun });
  await served.conversion?.ready?.([stored], call.signal);
  return jsonResponse(201, presenter.one(stored), {}, presenter.contentType);
}

/** Stores `object`, which becomes the registry's own. `entries`: who owns what, where that is not its maker. */
export async function createObject(
  core: Core,
  served: Served,
  object: ApiObject,
  request: Request,
  entries?: Entries,
): Promise<StoredObject> {
  const { call } = request;
  placeIn(served, object, call.namespace);
  if (object.metadata.resourceVersion) {
    throw unknownError('resourceVersion should not be set on objects to be created');
  }
  served.rules.applyDefaults(object);
  // Admission sees at least what any server had acknowledged before: the namespace, the quota, the account.
  if (core.store.isShared) await core.feed.current(call.signal);
  const name = (): string => call.name ?? object.metadata.name ?? '';
  await core.admission.mutate(
    attributesOf(served, request, { operation: 'CREATE', name: name(), object }),
    call.signal,
  );
  fillMetadata(core, object);
  const base = object.metadata.name ? undefined : object.metadata.generateName;
  for (let attempt = 1; ; attempt++) {
    if (base) object.metadata.name = generatedName(base, core.random);
    const stored = await attemptCreate(core, served, object, request, entries);
    if (stored !== undefined) return stored;
    if (!base) throw alreadyExists(served.named, object.metadata.name);
    if (attempt === mostAttempts) throw exhausted(served, base, object.metadata.name);
  }
}
const mostAttempts = 8;

/** Rule: rest.CheckGeneratedNameError. */
function exhausted(served: Served, base: string, name: string): Error {
  const { message } = alreadyExists(served.named, name);
  return failure('AlreadyExists', `${message}, the server was not able to generate a unique name for the object`, {
    name: base,
    group: served.group,
    kind: served.plural,
  });
}

/** Undefined: the name is taken. */
async function attemptCreate(
  core: Core,
  served: Served,
  object: ApiObject,
  request: Request,
  entries: Entries | undefined,
): Promise<StoredObject | undefined> {
  const { call, isDryRun } = request;
  const { rules } = served;
  const lease = await served.hooks?.begin(object, undefined, isDryRun);
  let isStored = false;
  try {
    rules.prepareForCreate(object, { nowMs: core.clock.now(), user: call.user });
    if (entries === undefined) ownNew(served, object, call, core.clock.now());
    else setEntries(object, entries);
    const causes = rules.validate(object);
    if (causes.length > 0) throw invalid(served, object.metadata.name ?? '', causes);
    for (const text of rules.warnings(object as KubeObject)) request.warnings.add(text);
    const subject = { operation: 'CREATE', name: object.metadata.name, object } as const;
    await core.admission.validate(attributesOf(served, request, subject), call.signal);
    const key = keyIn(served, object.metadata.namespace, object.metadata.name);
    const bytes = await bytesOf(served, object, call.signal);
    if (isDryRun) {
      await core.feed.current(call.signal);
      return served.cache.get(key) === undefined ? storedOf(served, key, 0, bytes) : undefined;
    }
    const done = await commitPut(core, served, { key, expected: 0, bytes, object }, call.signal);
    isStored = done.ok;
    return done.ok ? done.stored : undefined;
  } finally {
    lease?.end(isStored);
  }
}

/**
 * Puts the object where the path says.
 * @throws {StatusError} BadRequest if it says something else itself
 */
export function placeIn(served: Served, { metadata }: ApiObject, namespace: string | undefined): void {
  if (!served.isNamespaced) {
    delete metadata.namespace;
    return;
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (namespace !== undefined) metadata.namespace = namespace;
}

/** Rule: rest.FillObjectMetaSystemFields, and what BeforeCreate takes away. */
function fillMetadata(core: Core, { metadata }: ApiObject): void {
  metadata.uid = core.newUid();
  metadata.creationTimestamp = timeText(core.clock.now());
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.managedFields;
}
