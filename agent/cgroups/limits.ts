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

/** `whole`: what its pod may take as a whole, which holds for a container without a limit of its own. Rule: KEP-2837. */
export function containerLimits({ resources }: Pick<Container, 'resources'>, whole?: ResourceRequirements): Limits {
  const cpuLimit = milliCpu(resources?.limits?.['cpu']) || milliCpu(whole?.limits?.['cpu']);
  // A limit without a request is a request, too: the API defaults it, except when the request is given as 0.
  const cpuRequest = resources?.requests?.['cpu'] === undefined ? cpuLimit : milliCpu(resources.requests['cpu']);
  const memoryLimit = units(resources?.limits?.['memory']) || units(whole?.limits?.['memory']);
  return withLimits(cpuRequest, cpuLimit, memoryLimit);
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

/**
 * Whom the kernel kills first when memory is short. What a pod asks for beyond its containers is shared among them, and a
 * sidecar lives as long as the main container that asks for least. Rule: "Node out of memory behavior"; KEP-753, KEP-2837.
 */
export function oomScoreAdj(
  pod: Pod,
  { name, resources }: Pick<Container, 'resources'> & { readonly name?: string },
  capacityBytes: number,
): number {
  if ((pod.spec.priority ?? 0) >= systemNodeCritical) return -997;
  const qos = qosOf(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  if (capacityBytes === 0) return 999;
  const { spec } = pod;
  const isSidecar = spec.initContainers?.some((one) => one.name === name && one.restartPolicy === 'Always') === true;
  const requested = (one: Pick<Container, 'resources'>) => units(one.resources?.requests?.['memory']);
  const least = isSidecar ? Math.min(...spec.containers.map(requested)) : 0;
  const share = Math.max(requested({ resources }), least) + restShare(spec);
  const score = 1000 - Math.floor((1000 * share) / capacityBytes);
  return Math.min(Math.max(score, 3), 999);
}
const systemNodeCritical = 2_000_001_000;

/** Of the memory that a pod asks for as a whole and no container of it does: what each of them counts as its own. */
function restShare(spec: Pod['spec']): number {
  const whole = units(spec.resources?.requests?.['memory']);
  if (whole === 0) return 0;
  const asked = total(spec, (resources) => units(resources?.requests?.['memory']));
  return Math.floor(Math.max(0, whole - asked) / (spec.containers.length + (spec.initContainers?.length ?? 0)));
}
