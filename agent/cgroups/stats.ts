// What the kernel counts of a container beside what runtimes tell. Pure. Rule: the kernel's "CFS Bandwidth Control" and cgroup-v2.

export interface KernelStats {
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledSeconds: number;
  /** Of files, which go when memory is short. */
  readonly cacheBytes: number;
}

/** From the texts of cpu.stat and memory.stat, as v1 or v2 writes them. */
export function kernelStats(cpu: string, memory: string): KernelStats {
  const [ofCpu, ofMemory] = [numbers(cpu), numbers(memory)];
  const microseconds = ofCpu.get('throttled_usec') ?? (ofCpu.get('throttled_time') ?? 0) / 1000;
  return {
    periods: ofCpu.get('nr_periods') ?? 0,
    throttledPeriods: ofCpu.get('nr_throttled') ?? 0,
    throttledSeconds: microseconds / 1e6,
    cacheBytes: ofMemory.get('total_cache') ?? ofMemory.get('file') ?? 0,
  };
}

function numbers(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split('\n').map((line) => {
      const [name = '', value] = line.split(' ');
      return [name, Number(value)] as const;
    }),
  );
}
