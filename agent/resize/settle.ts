import type { NodeTools } from '../pods/node-facts.ts';
import type { PodRecord } from '../pods/pod-record.ts';
import { allocationOf, sameAllocation, withAllocation } from './allocation.ts';
import { judgeResize } from './judge.ts';

/** Grants what the pod asks for, if there is room; its record says otherwise why not. Whether that must be asked again. */
export function settleResize(
  record: PodRecord,
  others: () => readonly PodRecord[],
  tools: Pick<NodeTools, 'allocatable' | 'record'>,
): boolean {
  const wanted = allocationOf(record.wanted);
  if (sameAllocation(wanted, record.allocation)) {
    delete record.pending;
    return false;
  }
  const pending = judgeResize(
    record.wanted,
    others().map(({ pod }) => pod),
    tools.allocatable(),
  );
  if (pending !== undefined) {
    const isNews = record.pending?.message !== pending.message;
    record.pending = pending;
    if (isNews) tools.record(record.pod, 'Warning', `Resize${pending.reason}`, pending.message);
    return pending.reason === 'Deferred';
  }
  delete record.pending;
  record.allocation = wanted;
  record.pod = withAllocation(record.wanted, wanted);
  tools.record(record.pod, 'Normal', 'ResizeStarted', `Pod resize started: ${shown(record)}`);
  return false;
}

/** As Events tell of a resize. */
export function shown({ pod }: Pick<PodRecord, 'pod'>): string {
  const all = pod.spec.containers.map(({ name, resources }) => ({ name, resources: resources ?? {} }));
  const { resources } = pod.spec;
  return JSON.stringify({ containers: all, ...(resources && { resources }), generation: pod.metadata.generation });
}
