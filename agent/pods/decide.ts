import type { NodeTools } from './node-facts.ts';
import { type PodRecord, shownPod } from './pod-record.ts';
import type { Reporter } from './report.ts';
import { stageOf } from './stage.ts';

/** Whether the pod may run here: asked once, and never of one that does already. If not, its record and an Event say why. */
export function decide(
  record: PodRecord,
  all: Iterable<PodRecord>,
  { tools, reporter }: { readonly tools: NodeTools; readonly reporter: Reporter },
): boolean {
  if (record.isAdmitted) return true;
  const { pod } = record;
  const others = [...all].filter((one) => one !== record && takesRoom(one, tools, reporter));
  const refusal = isHere(record, tools)
    ? undefined
    : tools.admit(
        pod,
        others.map((one) => one.pod),
      );
  record.isAdmitted = refusal === undefined;
  if (refusal === undefined) return true;
  record.refusal = refusal;
  const { reason, message } = refusal;
  tools.log.info('Refused pod', { pod: shownPod(pod), reason, message });
  tools.record(pod, 'Warning', reason, message);
  return false;
}

/** Whether a pod counts against what the node has. */
export function takesRoom(record: PodRecord, tools: NodeTools, reporter: Reporter): boolean {
  const { phase } = reporter.newest(record.uid) ?? record.pod.status;
  if (phase === 'Failed' || phase === 'Succeeded') return false;
  const stage = stageOf(record.facts);
  return (stage === 'syncing' || stage === 'terminating') && (record.isAdmitted || isHere(record, tools));
}

function isHere({ uid }: PodRecord, { observer }: NodeTools): boolean {
  return observer.of(uid).sandboxes.length > 0;
}
