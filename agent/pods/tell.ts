import type { PodStatus } from '#lib/api/types/core.v1.ts';
import type { Probes } from '../probes/probes.ts';
import { sameResources, wholePod } from '../resize/allocation.ts';
import { resizeTypes } from './conditions.ts';
import { containerNamed } from './containers.ts';
import type { NodeTools } from './node-facts.ts';
import type { PodRecord } from './pod-record.ts';
import type { Reporter } from './report.ts';
import { stageOf } from './stage.ts';
import { outcomeOf, type PodOutcome } from './status.ts';

/** Has the pod's status as it is now told to the API, and returns it with what it means for the pod. */
export function tell(
  record: PodRecord,
  { tools, probes, reporter }: { readonly tools: NodeTools; readonly probes: Probes; readonly reporter: Reporter },
): PodOutcome {
  const { pod, waiting, failure, refusal, seenAtMs, uid, actuated } = record;
  const newest = reporter.newest(uid);
  const outcome = outcomeOf({
    pod,
    observed: tools.observer.of(uid),
    probes,
    waiting,
    stage: stageOf(record.facts),
    before: newest === undefined ? pod.status : { ...newest, conditions: conditionsKnown(pod.status, newest) },
    hostIPs: tools.hostIPs,
    seenAtMs,
    nowMs: tools.clock.now(),
    actuated,
    resize: resizeOf(record, tools),
    ...(failure === undefined ? {} : { failure }),
    ...(refusal === undefined ? {} : { refusal }),
  });
  if (!record.isGone) reporter.report(pod, outcome.status);
  return outcome;
}

function resizeOf({ pending, resizeError, actuated, pod, uid }: PodRecord, { observer }: NodeTools) {
  const whole = actuated.get(wholePod);
  const isBehind = whole !== undefined && !sameResources(whole, pod.spec.resources);
  const areBehind = observer.of(uid).containers.some(({ id, name, state }) => {
    const [now, granted] = [actuated.get(id), containerNamed(pod, name)?.container.resources];
    return state === 'running' && now !== undefined && !sameResources(now, granted);
  });
  const isInProgress = isBehind || areBehind;
  return {
    isInProgress,
    ...(pending === undefined ? {} : { pending }),
    ...(isInProgress && resizeError !== undefined ? { error: resizeError } : {}),
  };
}

/** Ours as reported last, those of others as the API has them. */
function conditionsKnown(api: PodStatus, newest: PodStatus) {
  const own = (newest.conditions ?? []).filter(({ type }) => ownTypes.has(type));
  return [...own, ...(api.conditions ?? []).filter(({ type }) => !ownTypes.has(type))];
}
const ownTypes: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  'AllContainersRestarting',
  ...resizeTypes,
]);
