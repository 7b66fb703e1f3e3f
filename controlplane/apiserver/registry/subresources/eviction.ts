import { copyOf } from '#lib/api/copy.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import { badRequest, failure, notFound, StatusError } from '#lib/api/status.ts';
import type { Pod, PodCondition } from '#lib/api/types/core.v1.ts';
import type { DeleteOptions } from '#lib/api/types/meta.v1.ts';
import type { Eviction, PodDisruptionBudget } from '#lib/api/types/policy.v1.ts';
import type { ApiResponse } from '../../exchange.ts';
import { decodeBody, type Expected } from '../codec.ts';
import { attributesOf, type Request } from '../operations/attributes.ts';
import { type ChangeRules, changeObject } from '../operations/change.ts';
import { deleteObject } from '../operations/delete.ts';
import { readWriteOptions } from '../options.ts';
import type { Presenter } from '../present/presenter.ts';
import type { ResourceCall } from '../registry.ts';
import { createWarnings, jsonResponse, successStatus } from '../respond.ts';
import { type Core, keyIn, type Served, timeText } from '../served.ts';

/** Deletes a pod if its disruption budget allows. Rule: EvictionREST. */
export async function evict(
  core: Core,
  served: Served,
  call: ResourceCall,
  presenter: Presenter,
): Promise<ApiResponse> {
  const options = readWriteOptions(call.query, 'CreateOptions', call);
  const warnings = createWarnings();
  const object = decodeBody(call, expected, options.fieldValidation, warnings.add);
  const name = call.name!;
  if (object.metadata.name && object.metadata.name !== name)
    throw badRequest('name in URL does not match name in Eviction object');
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
    warnings.headers(),
    presenter.contentType,
  );
}

const expected: Expected = { apiVersion: 'policy/v1', kind: 'Eviction', type: typeOfKind('policy', 'v1', 'Eviction')! };

/** What has ended, has not begun, or is going already disrupts nobody. */
function canIgnoreBudget({ status, metadata }: Pod): boolean {
  const { phase } = status ?? {};
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || metadata.deletionTimestamp !== undefined;
}

async function takeFromBudget(core: Core, pod: Pod, { preconditions }: DeleteOptions, request: Request): Promise<void> {
  if (preconditions?.uid !== undefined && preconditions.uid !== pod.metadata.uid) return; // the delete will refuse it
  const budgets = core.served('policy', 'poddisruptionbudgets');
  if (budgets === undefined) return;
  const namespace = pod.metadata.namespace!;
  const mine = budgets.cache
    .select(`${namespace}/`)
    .map((stored) => stored.object() as PodDisruptionBudget)
    .filter(({ spec }) => isSelectedBy(spec?.selector, pod.metadata.labels));
  if (mine.length === 0) return;
  if (mine.length > 1) {
    const why = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw failure('InternalError', why);
  }
  if (isUnhealthy(pod) && mayEvictUnhealthy(mine[0]!)) return;
  const { name } = mine[0]!.metadata;
  const derive = (current: object): ApiObject =>
    disrupted(current as PodDisruptionBudget, pod, timeText(core.clock.now()));
  await changeObject(
    core,
    budgets,
    { name, derive, rules, checksVersion: false, skipsAdmission: true },
    { ...request, call: { ...request.call, name } },
  );
}
const rules: ChangeRules = { prepare() {}, validate: () => [], mayFinishDeletion: false };

function isUnhealthy({ status }: Pod): boolean {
  return !status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
}

function mayEvictUnhealthy({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return (status?.currentHealthy ?? 0) >= (status?.desiredHealthy ?? 0) && (status?.desiredHealthy ?? 0) > 0;
}

/** @throws {StatusError} TooManyRequests if the budget is used up, or its controller has not seen its newest form */
function disrupted(budget: PodDisruptionBudget, pod: Pod, now: string): ApiObject {
  const { metadata, status } = budget;
  const { name } = metadata;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`);
  }
  const allowed = status?.disruptionsAllowed ?? 0;
  if (allowed <= 0) {
    const { desiredHealthy = 0, currentHealthy = 0 } = status ?? {};
    throw tooMany(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  }
  if (Object.keys(status?.disruptedPods ?? {}).length > mostDisrupted) {
    throw failure('Forbidden', `DisruptedPods map too big - too many evictions not confirmed by PDB controller`);
  }
  const next = copyOf(budget) as unknown as ApiObject;
  const disruptedPods = { ...status?.disruptedPods, [pod.metadata.name]: now };
  next['status'] = { ...status, disruptionsAllowed: allowed - 1, disruptedPods };
  return next;
}
const mostDisrupted = 2000;

function tooMany(why: string): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    reason: 'TooManyRequests',
    details: { causes: [{ reason: 'DisruptionBudget', message: why }] },
    code: 429,
  });
}

/** Says in the pod's status why it goes, then deletes it. */
async function removePod(
  core: Core,
  served: Served,
  pod: Pod,
  options: DeleteOptions,
  request: Request,
): Promise<void> {
  const { name, namespace } = pod.metadata;
  const derive = (current: object): ApiObject => {
    const next = copyOf(current) as Pod;
    const conditions = (next.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
    const condition: PodCondition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
      lastTransitionTime: timeText(core.clock.now()),
    };
    return { ...next, status: { ...next.status, conditions: [...conditions, condition] } } as unknown as ApiObject;
  };
  const deletion = { ...request, call: { ...request.call, namespace, name, subresource: undefined } };
  await changeObject(core, served, { name, derive, rules, checksVersion: false, skipsAdmission: true }, deletion);
  await deleteObject(core, served, name, options, deletion);
}
