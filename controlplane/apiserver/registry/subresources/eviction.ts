import { copyOf } from '#lib/api/copy.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import { badRequest, notFound } from '#lib/api/status.ts';
import type { Pod, PodCondition } from '#lib/api/types/core.v1.ts';
import type { DeleteOptions } from '#lib/api/types/meta.v1.ts';
import type { Eviction } from '#lib/api/types/policy.v1.ts';
import type { ApiResponse } from '../../exchange.ts';
import { decodeBody, type Expected } from '../codec.ts';
import { attributesOf, type Request } from '../operations/attributes.ts';
import { type ChangeRules, changeObject } from '../operations/change.ts';
import { checkPreconditions, deleteObject } from '../operations/delete.ts';
import { readWriteOptions } from '../options.ts';
import type { Presenter } from '../present/presenter.ts';
import type { WarnedCall } from '../registry.ts';
import { jsonResponse, successStatus } from '../respond.ts';
import { type Core, keyIn, type Served, timeText } from '../served.ts';
import { takeFromBudget } from './budget.ts';

/** Deletes a pod if its disruption budget allows. Rule: EvictionREST. */
export async function evict(core: Core, served: Served, call: WarnedCall, presenter: Presenter): Promise<ApiResponse> {
  const options = readWriteOptions(call.query, 'CreateOptions', call);
  const { warnings } = call;
  const object = decodeBody(call, expected, options.fieldValidation, warnings.add);
  const name = call.name!;
  if (object.metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object');
  const { deleteOptions = {} } = object as unknown as Eviction;
  const isDryRun = options.isDryRun || (deleteOptions.dryRun?.length ?? 0) > 0;
  const request = { call, warnings, isDryRun };
  const attributes = attributesOf(served, request, { operation: 'CREATE', name, object, expected });
  await core.admission.mutate(attributes, call.signal);
  await core.admission.validate(attributes, call.signal);

  await core.feed.current(call.signal);
  const pod = served.cache.get(keyIn(served, call.namespace, name))?.object() as Pod | undefined;
  if (pod === undefined) throw notFound(served.named, name);
  if (!canIgnoreBudget(pod)) await takeFromBudget(core, pod, deleteOptions, request);
  await removePod(core, served, pod, deleteOptions, request);
  return jsonResponse(
    201,
    presenter.status({ ...successStatus({}), details: undefined, code: 201 }),
    {},
    presenter.contentType,
  );
}

const expected: Expected = { apiVersion: 'policy/v1', kind: 'Eviction', type: typeOfKind('policy', 'v1', 'Eviction')! };

/** What has ended, has not begun, or is going already disrupts nobody. */
function canIgnoreBudget({ status, metadata }: Pod): boolean {
  const { phase } = status ?? {};
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || metadata.deletionTimestamp !== undefined;
}

const rules: ChangeRules = { prepare() {}, validate: () => [], mayFinishDeletion: false };

/** Says in the pod's status why it goes, then deletes it. Rule: addConditionAndDeletePod. */
async function removePod(
  core: Core,
  served: Served,
  pod: Pod,
  options: DeleteOptions,
  request: Request,
): Promise<void> {
  const { name, namespace } = pod.metadata;
  const deletion = { ...request, call: { ...request.call, namespace, name, subresource: undefined } };
  const derive = (current: object): ApiObject => {
    checkPreconditions(served, name, (current as KubeObject).metadata, options);
    return evicted(current as Pod, timeText(core.clock.now()));
  };
  const change = { name, derive, rules, checksVersion: false, skipsAdmission: true };
  const stored = await changeObject(core, served, change, deletion);
  // Whoever asked for this very state gets it: between the two steps nobody may come.
  const { preconditions } = options;
  const resourceVersion = stored.object().metadata.resourceVersion!;
  const isPinned = preconditions?.resourceVersion && !request.isDryRun;
  const pinned = isPinned ? { ...options, preconditions: { ...preconditions, resourceVersion } } : options;
  await deleteObject(core, served, name, pinned, deletion);
}

function evicted(pod: Pod, now: string): ApiObject {
  const next = copyOf(pod) as Pod;
  const conditions = (next.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: now,
  };
  return { ...next, status: { ...next.status, conditions: [...conditions, condition] } } as unknown as ApiObject;
}
