import { containerNamed } from './containers.ts';
import type { NodeTools } from './node-facts.ts';
import { latestOf, type Observed } from './observed.ts';
import type { Wait } from './plan.ts';
import type { PodRecord } from './pod-record.ts';

/** Notes that a container pauses because it keeps ending: users are told once for each of its ends. */
export function holdBack(
  record: PodRecord,
  observed: Observed,
  { name, delayMs }: Wait,
  { record: tell }: Pick<NodeTools, 'record'>,
): void {
  const { pod } = record;
  const { metadata } = pod;
  const shown = `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
  const message = `back-off ${duration(delayMs)} restarting failed container=${name} pod=${shown}`;
  record.waiting.set(name, { reason: 'CrashLoopBackOff', message });
  const id = latestOf(observed, name)?.id ?? '';
  if (record.held.get(name) === id) return;
  record.held.set(name, id);
  const words = `Back-off restarting failed container ${name} in pod ${shown}`;
  tell(pod, 'Warning', 'BackOff', words, containerNamed(pod, name)?.container);
}

/** As Go writes it: 10s, 1m20s. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
