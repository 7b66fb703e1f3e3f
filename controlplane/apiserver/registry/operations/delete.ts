import { conflict, invalid, notFound } from '#lib/api/status.ts';
import type { DeleteOptions, ObjectMeta } from '#lib/api/types/meta.v1.ts';
import type { ApiResponse } from '../../exchange.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import { jsonType } from '../codec.ts';
import { readDeleteOptions } from '../delete-options.ts';
import type { Presenter } from '../present/presenter.ts';
import type { WarnedCall } from '../registry.ts';
import { jsonResponse, successStatus } from '../respond.ts';
import { type Core, keyIn, type Served } from '../served.ts';
import { attributesOf, type Request } from './attributes.ts';
import { optimisticLock, viewOf } from './change.ts';
import { bytesOf, commitDelete, commitPut, storedOf } from './commit.ts';
import { planDeletion } from './deletion.ts';

export async function deleteOne(
  core: Core,
  served: Served,
  call: WarnedCall,
  presenter: Presenter,
): Promise<ApiResponse> {
  const options = readDeleteOptions(call);
  const { warnings } = call;
  const request = { call, warnings, isDryRun: (options.dryRun?.length ?? 0) > 0 };
  const { stored, isGone } = await deleteObject(core, served, call.name!, options, request);
  await served.conversion?.ready?.([stored], call.signal);
  const isCascade = options.orphanDependents === false || options.propagationPolicy === 'Foreground';
  const code = !isGone && isCascade ? 202 : 200;
  if (!isGone || returnsObject.has(`${served.group}/${served.plural}`)) {
    return jsonResponse(code, presenter.one(stored), {}, presenter.contentType);
  }
  const { uid } = stored.object().metadata;
  const details = { name: call.name!, group: served.group, kind: served.plural, ...(uid === undefined ? {} : { uid }) };
  const body = presenter.status(successStatus(details));
  return jsonResponse(code, body, {}, presenter.contentType ?? jsonType);
}

/** Kinds whose delete answers with the last state of the object. Rule: ReturnDeletedObject of upstream's stores. */
const returnsObject: ReadonlySet<string> = new Set([
  '/pods',
  '/persistentvolumes',
  '/persistentvolumeclaims',
  '/podtemplates',
  '/resourcequotas',
  '/services',
  '/serviceaccounts',
  'storage.k8s.io/storageclasses',
  'storage.k8s.io/volumeattachments',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/csidrivers',
]);

export interface Deleted {
  readonly stored: StoredObject;
  readonly isGone: boolean;
}

/** @throws {StatusError} NotFound, Conflict where a precondition does not hold */
export async function deleteObject(
  core: Core,
  served: Served,
  name: string,
  options: DeleteOptions,
  request: Request,
): Promise<Deleted> {
  const { call } = request;
  await core.feed.current(call.signal);
  const key = keyIn(served, call.namespace, name);
  let current = served.cache.get(key);
  for (let attempt = 1; ; attempt++) {
    if (current === undefined) throw notFound(served.named, name);
    checkPreconditions(served, name, current.object().metadata, options);
    await served.conversion?.ready?.([current], call.signal);
    const view = viewOf(served, current);
    const attributes = attributesOf(served, request, { operation: 'DELETE', name, oldObject: view });
    await core.admission.mutate(attributes, call.signal);
    await core.admission.validate(attributes, call.signal);
    const done = await attemptDelete(core, served, current, options, request);
    if ('isGone' in done) return done;
    if (attempt === mostAttempts) throw conflict(served.named, name, optimisticLock);
    current = done.current;
  }
}
const mostAttempts = 32;

async function attemptDelete(
  core: Core,
  served: Served,
  current: StoredObject,
  options: DeleteOptions,
  { isDryRun, call }: Request,
): Promise<Deleted | { readonly current: StoredObject | undefined }> {
  const plan = planDeletion(viewOf(served, current), options, served.rules, core.clock.now());
  if (plan.do === 'nothing') return { stored: current, isGone: false };
  if (plan.do === 'remove') {
    if (isDryRun) return { stored: current, isGone: true };
    const done = await commitDelete(core, served, current, call.signal);
    return done.ok ? { stored: current, isGone: true } : done;
  }
  const bytes = await bytesOf(served, plan.next, call.signal);
  if (isDryRun) return { stored: storedOf(served, current.key, current.revision, bytes), isGone: false };
  const put = { key: current.key, expected: current.revision, bytes, object: plan.next };
  const done = await commitPut(core, served, put, call.signal);
  return done.ok ? { stored: done.stored, isGone: false } : done;
}

/** Rule: rest.BeforeDelete. @throws {StatusError} Conflict */
export function checkPreconditions(
  served: Served,
  name: string,
  meta: ObjectMeta,
  { preconditions, gracePeriodSeconds }: DeleteOptions,
): void {
  if (typeof gracePeriodSeconds === 'bigint') {
    const cause = { reason: 'FieldValueInvalid', field: 'gracePeriodSeconds', message: 'Invalid value: too large' };
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [cause]);
  }
  const { uid, resourceVersion } = preconditions ?? {};
  const named = { group: served.group, resource: served.kind };
  if (uid && uid !== meta.uid) {
    const what = `the UID in the precondition (${uid}) does not match the UID in record (${meta.uid})`;
    throw conflict(named, name, `${what}. The object might have been deleted and then recreated`);
  }
  if (resourceVersion && resourceVersion !== meta.resourceVersion) {
    const what = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${meta.resourceVersion})`;
    throw conflict(named, name, `${what}. The object might have been modified`);
  }
}
