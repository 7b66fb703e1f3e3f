// Whether a disruption budget allows that one more pod goes. Rule: EvictionREST, checkAndDecrement.
import { copyOf } from '#lib/api/copy.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import { forbidden, StatusError } from '#lib/api/status.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Condition, DeleteOptions } from '#lib/api/types/meta.v1.ts';
import type { PodDisruptionBudget } from '#lib/api/types/policy.v1.ts';
import type { Request } from '../operations/attributes.ts';
import { type ChangeRules, changeObject } from '../operations/change.ts';
import { type Core, timeText } from '../served.ts';

/** @throws {StatusError} TooManyRequests, Forbidden; InternalError if several budgets are about the pod */
export async function takeFromBudget(
  core: Core,
  pod: Pod,
  { preconditions }: DeleteOptions,
  request: Request,
): Promise<void> {
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
    throw new StatusError({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      code: 500,
    });
  }
  if (isUnhealthy(pod) && mayEvictUnhealthy(mine[0]!)) return;
  const { name } = mine[0]!.metadata;
  const derive = (current: object): ApiObject =>
    disrupted(current as PodDisruptionBudget, pod, timeText(core.clock.now()));
  await changeObject(
    core,
    budgets,
    { name, derive, rules: statusOnly, checksVersion: false, skipsAdmission: true },
    { ...request, call: { ...request.call, name } },
  );
}

const statusOnly: ChangeRules = { prepare() {}, validate: () => [], mayFinishDeletion: false };

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
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const allowed = status?.disruptionsAllowed ?? 0;
  if (allowed < 0) throw forbidden(budgetNamed, name, 'pdb disruptions allowed is negative');
  if (Object.keys(status?.disruptedPods ?? {}).length > mostDisrupted) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    throw forbidden(budgetNamed, name, why);
  }
  if (allowed === 0) throw tooMany(denial(budget));
  const next = copyOf(budget) as PodDisruptionBudget;
  const disruptedPods = { ...status?.disruptedPods, [pod.metadata.name]: now };
  const conditions = allowed === 1 ? withoutRoom(status, now) : status?.conditions;
  const left = { disruptionsAllowed: allowed - 1, disruptedPods, ...(conditions && { conditions }) };
  return { ...next, status: { ...status, ...left } } as unknown as ApiObject;
}
const mostDisrupted = 2000;
const budgetNamed = { group: 'policy', resource: 'poddisruptionbudget' };
const allowedCondition = 'DisruptionAllowed';

/** Rule: EvictionREST.checkAndDecrement. */
function denial({ metadata: { name }, status }: PodDisruptionBudget): string {
  const { desiredHealthy = 0, currentHealthy = 0, conditions } = status ?? {};
  const condition = conditions?.find(({ type }) => type === allowedCondition);
  const why = condition?.status === 'False' ? condition.message : '';
  const no = `The disruption budget ${name} does not allow evicting pods currently`;
  if (why && condition?.reason === 'SyncFailed') return `${no} because it failed sync: ${why}`;
  if (currentHealthy <= desiredHealthy) {
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  }
  return why ? `${no} (${condition?.reason}): ${why}` : no;
}

function withoutRoom(status: PodDisruptionBudget['status'], now: string): readonly Condition[] {
  const before = status?.conditions?.find(({ type }) => type === allowedCondition);
  const others = (status?.conditions ?? []).filter(({ type }) => type !== allowedCondition);
  const condition: Condition = {
    type: allowedCondition,
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : now,
    ...(status?.observedGeneration === undefined ? {} : { observedGeneration: status.observedGeneration }),
  };
  return [...others, condition];
}

function tooMany(why: string, retryAfterSeconds?: number): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    reason: 'TooManyRequests',
    details: {
      causes: [{ reason: 'DisruptionBudget', message: why }],
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
    code: 429,
  });
}
