import { cpuPeriodMicros, type Limits } from './limits.ts';

/** One file of a cgroup and what is written into it. */
export interface Write {
  /** Hierarchy on v1; '' on v2. */
  readonly controller: string;
  readonly file: string;
  readonly value: string;
}

/** What limits look like to the kernel. What is not limited is said, too: it may have been before. */
export function writesOf(limits: Limits, isV2: boolean): readonly Write[] {
  const { cpuShares, cpuQuotaMicros, memoryBytes, pids } = limits;
  if (isV2) {
    return [
      { controller: '', file: 'cpu.weight', value: String(weightOf(cpuShares)) },
      { controller: '', file: 'cpu.max', value: `${cpuQuotaMicros ?? 'max'} ${cpuPeriodMicros}` },
      { controller: '', file: 'memory.max', value: String(memoryBytes ?? 'max') },
      { controller: '', file: 'pids.max', value: String(pids ?? 'max') },
    ];
  }
  return [
    { controller: 'cpu', file: 'cpu.shares', value: String(cpuShares) },
    { controller: 'cpu', file: 'cpu.cfs_period_us', value: String(cpuPeriodMicros) },
    { controller: 'cpu', file: 'cpu.cfs_quota_us', value: String(cpuQuotaMicros ?? -1) },
    { controller: 'memory', file: 'memory.limit_in_bytes', value: String(memoryBytes ?? -1) },
    { controller: 'pids', file: 'pids.max', value: String(pids ?? 'max') },
  ];
}

/** The CPU share alone: what changes while pods come and go. */
export function shareOf(cpuShares: number, isV2: boolean): Write {
  return writesOf({ cpuShares }, isV2)[0]!;
}

/** Shares (2 to 262144) to weight (1 to 10000). Rule: the conversion that runc and kubelet share. */
export function weightOf(shares: number): number {
  return Math.floor(1 + ((shares - 2) * 9999) / 262_142);
}

/** One property of a systemd unit, as `busctl` takes it: name, type, value. */
export interface Property {
  readonly name: string;
  readonly type: 't';
  readonly value: string;
}

/** The same as properties of a slice. */
export function propertiesOf(limits: Limits, isV2: boolean): readonly Property[] {
  const { cpuShares, cpuQuotaMicros, memoryBytes, pids } = limits;
  const perSecond = cpuQuotaMicros === undefined ? undefined : roundUp(cpuQuotaMicros * 10, percentMicros);
  return [
    shareProperty(cpuShares, isV2),
    count('CPUQuotaPerSecUSec', perSecond),
    count(isV2 ? 'MemoryMax' : 'MemoryLimit', memoryBytes),
    count('TasksMax', pids),
  ];
}

export function shareProperty(cpuShares: number, isV2: boolean): Property {
  return isV2 ? count('CPUWeight', weightOf(cpuShares)) : count('CPUShares', cpuShares);
}

function count(name: string, value: number | undefined): Property {
  return { name, type: 't', value: value === undefined ? noLimit : String(value) };
}
const noLimit = '18446744073709551615'; // the largest 64-bit number: systemd's infinity

/** systemd keeps whole percents of a CPU. Rule: runc rounds up. */
function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
const percentMicros = 10_000;
