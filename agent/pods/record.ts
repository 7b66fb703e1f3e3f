import { pods } from '#lib/api/resources.ts';
import type { Container, Pod } from '#lib/api/types/core.v1.ts';
import { type EventRecorder, referenceTo } from '#lib/client/events.ts';

/** Tells users what happens, in an Event about the pod, or about one of its containers. */
export type RecordPod = (
  pod: Pod,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  container?: Pick<Container, 'name'>,
) => void;

export function createRecordPod(recorder: EventRecorder): RecordPod {
  return (pod, type, reason, message, container) => {
    const about = referenceTo(pods, pod);
    const fieldPath = container && fieldPathOf(pod, container);
    recorder.record(fieldPath === undefined ? about : { ...about, fieldPath }, type, reason, message);
  };
}

function fieldPathOf({ spec }: Pod, { name }: Pick<Container, 'name'>): string {
  for (const field of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    if (spec[field]?.some((one) => one.name === name)) return `spec.${field}{${name}}`;
  }
  return '';
}
