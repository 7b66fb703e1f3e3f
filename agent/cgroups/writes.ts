import { cpuPeriodMicros, type Limits } from './limits.ts';

/** One file of a cgroup and what is written into it. */
export interface Write {
  /** Hierarchy on v1; '' on v2. */
  readonly controller: string;
  readonly file: string;
  readonly value: string;
}

/** What limits look like to the kernel. */
export function writesOf(limits: Limits, isV2: boolean): readonly Write[] {
  const { pids } = limits;
  const ofPids = pids === undefined ? [] : [{ controller: isV2 ? '' : 'pids', file: 'pids.max', value: String(pids) }];
  return [...writesOfShares(limits, isV2), ...ofPids];
}

function writesOfShares({ cpuShares, cpuQuotaMicros, memoryBytes }: Limits, isV2: boolean): readonly Write[] {
  if (isV2) {
    return [
      { controller: '', file: 'cpu.weight', value: String(weightOf(cpuShares)) },
      { controller: '', file: 'cpu.max', value: `${cpuQuotaMicros ?? 'max'} ${cpuPeriodMicros}` },
      { controller: '', file: 'memory.max', value: String(memoryBytes ?? 'max') },
    ];
  }
  return [
    { controller: 'cpu', file: 'cpu.shares', value: String(cpuShares) },
    ...(cpuQuotaMicros === undefined
      ? []
      : [
          { controller: 'cpu', file: 'cpu.cfs_period_us', value: String(cpuPeriodMicros) },
          { controller: 'cpu', file: 'cpu.cfs_quota_us', value: String(cpuQuotaMicros) },
        ]),
    ...(memoryBytes === undefined
      ? []
      : [{ controller: 'memory', file: 'memory.limit_in_bytes', value: String(memoryBytes) }]),
  ];
}

/** Shares (2 to 262144) to weight (1 to 10000). Rule: the conversion that runc and kubelet share. */
export function weightOf(shares: number): number {
  return Math.floor(1 + ((shares - 2) * 9999) / 262_142);
}

/** The same as properties of a slice. */
export function propertiesOf({ cpuShares, cpuQuotaMicros, memoryBytes, pids }: Limits): readonly string[] {
  return [
    `CPUWeight=${weightOf(cpuShares)}`,
    ...(cpuQuotaMicros === undefined ? [] : [`CPUQuota=${cpuQuotaMicros / (cpuPeriodMicros / 100)}%`]),
    ...(memoryBytes === undefined ? [] : [`MemoryMax=${memoryBytes}`]),
    ...(pids === undefined ? [] : [`TasksMax=${pids}`]),
  ];
}
