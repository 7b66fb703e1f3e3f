import type { AgentOptions } from '../options.ts';
import type { Machine } from './machine.ts';

/** How many pods the node takes. */
export function mostPods(
  { maxPods = 110, podsPerCore }: Pick<AgentOptions, 'maxPods' | 'podsPerCore'>,
  { cpus }: Pick<Machine, 'cpus'>,
): number {
  return podsPerCore === undefined ? maxPods : Math.min(maxPods, podsPerCore * cpus);
}
