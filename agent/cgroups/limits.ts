// From requests and limits to what the kernel is told. Numbers and their rounding are upstream's.
import type { Container, Pod, ResourceRequirements } from '#lib/api/types/core.v1.ts';
import { qosOf } from './qos.ts';
import { milliCpu, units } from './quantities.ts';

/** Absent: not limited. */
export interface Limits {
  readonly cpuShares: number;
  readonly cpuQuotaMicros?: number;
  readonly memoryBytes?: number;
  /** Processes and threads. */
  readonly pids?: number;
}

/** Relative weight: 1024 a CPU, at least 2 (the kernel's own minimum). */
export function cpuShares(milli: number): number {
  return milli === 0 ? 2 : Math.min(Math.max(Math.floor((milli * 1024) / 1000), 2), 262_144);
}

/** Of each period of 100 ms; at least 1 ms. */
export function cpuQuotaMicros(milli: number): number {
  return milli === 0 ? 0 : Math.max(Math.floor((milli * cpuPeriodMicros) / 1000), 1000);
}
export const cpuPeriodMicros = 100_000;

export function containerLimits({ resources }: Pick<Container, 'resources'>): Limits {
  const cpuLimit = milliCpu(resources?.limits?.['cpu']);
  // A limit without a request is a request, too: the API defaults it, except when the request is given as 0.
  const cpuRequest = resources?.requests?.['cpu'] === undefined ? cpuLimit : milliCpu(resources.requests['cpu']);
  return withLimits(cpuRequest, cpuLimit, units(resources?.limits?.['memory']));
}

/** What all of the pod's containers together may take. Limits count only if every container has one. */
export function podLimits({ spec }: Pod): Limits {
  const { overhead } = spec;
  const over = { cpu: milliCpu(overhead?.['cpu']), memory: units(overhead?.['memory']) };
  const own = spec.resources;
  const sum = (of: 'requests' | 'limits', name: 'cpu' | 'memory', count: (quantity: string | undefined) => number) =>
    own?.[of]?.[name] === undefined ? total(spec, (resources) => count(resources?.[of]?.[name])) : count(own[of][name]);
  const has = (name: 'cpu' | 'memory') =>
    own?.limits?.[name] !== undefined ||
    [...spec.containers, ...(spec.initContainers ?? [])].every(({ resources }) => units(resources?.limits?.[name]) > 0);
  const cpuLimit = has('cpu') ? sum('limits', 'cpu', milliCpu) + over.cpu : 0;
  const memoryLimit = has('memory') ? sum('limits', 'memory', units) + over.memory : 0;
  return withLimits(sum('requests', 'cpu', milliCpu) + over.cpu, cpuLimit, memoryLimit);
}

/** The most that is needed at once: init containers run one by one, sidecars stay beside what comes after them. */
function total(spec: Pod['spec'], count: (resources: ResourceRequirements | undefined) => number): number {
  let sidecars = 0;
  let mostAtStart = 0;
  for (const { restartPolicy, resources } of spec.initContainers ?? []) {
    if (restartPolicy === 'Always') sidecars += count(resources);
    mostAtStart = Math.max(mostAtStart, restartPolicy === 'Always' ? sidecars : sidecars + count(resources));
  }
  const running = spec.containers.reduce((sum, { resources }) => sum + count(resources), sidecars);
  return Math.max(running, mostAtStart);
}

function withLimits(requestMilli: number, limitMilli: number, memoryBytes: number): Limits {
  return {
    cpuShares: cpuShares(requestMilli),
    ...(limitMilli === 0 ? {} : { cpuQuotaMicros: cpuQuotaMicros(limitMilli) }),
    ...(memoryBytes === 0 ? {} : { memoryBytes }),
  };
}

/** Whom the kernel kills first when memory is short. Rule: "Node out of memory behavior". */
export function oomScoreAdj(pod: Pod, { resources }: Pick<Container, 'resources'>, capacityBytes: number): number {
  if ((pod.spec.priority ?? 0) >= systemNodeCritical) return -997;
  const qos = qosOf(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const requested = units(resources?.requests?.['memory']);
  const score = capacityBytes === 0 ? 999 : 1000 - Math.floor((1000 * requested) / capacityBytes);
  return Math.min(Math.max(score, 3), 999);
}
const systemNodeCritical = 2_000_001_000;
