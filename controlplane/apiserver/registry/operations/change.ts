// The loop of every change to an existing object: look, derive the next state, write it if nobody was faster, else again.
import type { Entries } from '#lib/api/apply/managers.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { conflict, invalid, notFound } from '#lib/api/status.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';
import { isServedAs } from '../cache/splice.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import { type Core, keyIn, type Served } from '../served.ts';
import { attributesOf, type Request } from './attributes.ts';
import { bytesOf, commitDelete, commitPut, type Outcome, storedOf } from './commit.ts';
import { holdsNamespace } from './deletion.ts';
import { ownChanged, setEntries } from './ownership.ts';

export interface Change {
  readonly name: string;
  /** The next state, derived from what stands there; of its own, freely changed afterwards. */
  derive(current: KubeObject): ApiObject | Promise<ApiObject>;
  readonly rules: ChangeRules;
  /** Whether what clients send must carry the resourceVersion it was read at, if it carries any. */
  readonly checksVersion: boolean;
  /** Where what was sent, not what is stored, has passed admission. */
  readonly skipsAdmission?: boolean;
  /** Who owns what afterwards, where that was found out along with the next state: an apply. */
  entries?(): Entries;
}

/** Which parts of the kind's rules a change is subject to: an update's, a status update's, a subresource's. */
export interface ChangeRules {
  prepare(next: ApiObject, previous: KubeObject): void;
  validate(next: KubeObject, previous: KubeObject): readonly StatusCause[];
  warnings?(next: KubeObject, previous: KubeObject): readonly string[];
  /** Whether the last finalizer may go by it. */
  readonly mayFinishDeletion: boolean;
}

export const optimisticLock =
  'the object has been modified; please apply your changes to the latest version and try again';

/**
 * Brings the change about, again and again while others are faster.
 * @returns what stands there now: the new state, or the old one if they are the same
 * @throws {StatusError} NotFound, Conflict, Invalid
 */
export async function changeObject(
  core: Core,
  served: Served,
  change: Change,
  request: Request,
): Promise<StoredObject> {
  const { signal } = request.call;
  await core.feed.current(signal);
  const key = keyIn(served, request.call.namespace, change.name);
  let current = served.cache.get(key);
  for (let attempt = 1; ; attempt++) {
    if (current === undefined) throw notFound(served.named, change.name);
    const done = await attemptChange(core, served, change, request, current);
    if (done.ok) return done.stored;
    if (attempt === mostAttempts) throw conflict(served.named, change.name, optimisticLock);
    current = done.current;
  }
}
/** Whoever loses so often competes with writers that never rest: the client is told, and decides. */
const mostAttempts = 32;

async function attemptChange(
  core: Core,
  served: Served,
  change: Change,
  request: Request,
  current: StoredObject,
): Promise<Outcome> {
  const { signal } = request.call;
  await served.conversion?.ready?.([current], signal);
  const previous = viewOf(served, current);
  const next = await change.derive(previous);
  if (change.checksVersion) checkVersion(served, change.name, next, previous);
  const sent = next.metadata.managedFields;
  keepSystemFields(next, previous);
  const subject = { operation: 'UPDATE', name: change.name, object: next, oldObject: previous } as const;
  if (!change.skipsAdmission) await core.admission.mutate(attributesOf(served, request, subject), signal);
  const lease = request.call.subresource ? undefined : await served.hooks?.begin(next, previous, request.isDryRun);
  let isStored = false;
  try {
    change.rules.prepare(next, previous);
    if (change.entries !== undefined) setEntries(next, change.entries());
    else ownChanged(served, next, previous, { sent, call: request.call, nowMs: core.clock.now() });
    const causes = change.rules.validate(next, previous);
    if (causes.length > 0) throw invalid(served, change.name, causes);
    for (const text of change.rules.warnings?.(next, previous) ?? []) request.warnings.add(text);
    if (!change.skipsAdmission) await core.admission.validate(attributesOf(served, request, subject), signal);
    const done = await write(core, served, next, { current, request, mayFinish: change.rules.mayFinishDeletion });
    isStored = done.ok;
    return done;
  } finally {
    lease?.end(isStored);
  }
}

interface Write {
  readonly current: StoredObject;
  readonly request: Request;
  readonly mayFinish: boolean;
}

async function write(
  core: Core,
  served: Served,
  next: ApiObject,
  { current, request, mayFinish }: Write,
): Promise<Outcome> {
  const { signal } = request.call;
  const bytes = await bytesOf(served, next, signal);
  const unchanged = () => storedOf(served, current.key, current.revision, bytes);
  if (mayFinish && isOver(next)) {
    if (request.isDryRun) return { ok: true, stored: unchanged() };
    const gone = await commitDelete(core, served, current, signal);
    return gone.ok ? { ok: true, stored: unchanged() } : gone;
  }
  if (request.isDryRun || isServedAs(bytes, current)) return { ok: true, stored: unchanged() };
  return commitPut(core, served, { key: current.key, expected: current.revision, bytes, object: next }, signal);
}

/** Rule: registry ShouldDeleteDuringUpdate: nobody holds the object any more, and its grace is over. */
function isOver(object: ApiObject): boolean {
  const { metadata } = object;
  if (metadata.deletionTimestamp === undefined || (metadata.finalizers?.length ?? 0) > 0) return false;
  return (metadata.deletionGracePeriodSeconds ?? 0) === 0 && !holdsNamespace(object);
}

/** The object in the version that is served. */
export function viewOf(served: Served, stored: StoredObject): KubeObject {
  return served.conversion === undefined ? stored.object() : served.conversion.view(stored);
}

/** @throws {StatusError} Conflict if what was sent is about another object or an older state */
function checkVersion(served: Served, name: string, next: ApiObject, previous: KubeObject): void {
  const { uid, resourceVersion } = next.metadata;
  if (uid && uid !== previous.metadata.uid) {
    const what = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${previous.metadata.uid}`;
    throw conflict(served.named, name, what);
  }
  if (!resourceVersion || resourceVersion === '0') {
    if (served.rules.allowsUnconditionalUpdate) return;
    const field = 'metadata.resourceVersion';
    const cause = { reason: 'FieldValueInvalid', message: 'Invalid value: 0: must be specified for an update', field };
    throw invalid(served, name, [cause]);
  }
  if (resourceVersion !== previous.metadata.resourceVersion) throw conflict(served.named, name, optimisticLock);
}

/** Rule: rest.BeforeUpdate and ValidateObjectMetaUpdate: what is set once stays. */
function keepSystemFields({ metadata }: ApiObject, { metadata: old }: KubeObject): void {
  metadata.uid ||= old.uid!;
  metadata.creationTimestamp ??= old.creationTimestamp!;
  delete metadata.selfLink;
  delete metadata.managedFields;
  if (!metadata.generateName && old.generateName) metadata.generateName = old.generateName;
  if (old.deletionTimestamp === undefined) {
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
    return;
  }
  metadata.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds;
  }
}
