import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fsSize, mem, osInfo } from 'systeminformation';

/** What a lab stands on. */
export interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  /** On the file system of the data folder; undefined if it cannot be told. */
  readonly freeDiskBytes: number | undefined;
  readonly system: string;
  readonly kernel: string;
  readonly cgroups: 'v1' | 'v2';
}

export async function observeMachine(dataDir: string): Promise<Machine> {
  const [memory, system, disks] = await Promise.all([mem(), osInfo(), fsSize()]);
  const holds = disks
    .filter(({ mount }) => dataDir === mount || dataDir.startsWith(mount === '/' ? '/' : `${mount}/`))
    .sort((a, b) => b.mount.length - a.mount.length)[0];
  return {
    cores: availableParallelism(),
    memoryBytes: memory.total,
    freeMemoryBytes: memory.available,
    freeDiskBytes: holds?.available,
    system: `${system.distro} ${system.release}`.trim(),
    kernel: system.kernel,
    cgroups: existsSync('/sys/fs/cgroup/cgroup.controllers') ? 'v2' : 'v1',
  };
}

/** Why so many nodes cannot live there, with what to do; undefined if they can. Pure. */
export function whyTooSmall(machine: Machine, nodeCount: number): string | undefined {
  const neededMemory = (serverMb + nodeCount * nodeMb) * megabyte;
  if (machine.freeMemoryBytes < neededMemory) {
    return `${nodeCount} nodes need about ${show(neededMemory)} of memory, and ${show(machine.freeMemoryBytes)} is free: use fewer (--nodes) or end something`;
  }
  if (machine.freeDiskBytes !== undefined && machine.freeDiskBytes < leastDisk) {
    return `the data folder's disk has ${show(machine.freeDiskBytes)} free, and ${show(leastDisk)} are needed: make room or choose another folder (--data)`;
  }
  return undefined;
}
const megabyte = 1024 * 1024;
const serverMb = 200;
const nodeMb = 200;
const leastDisk = 500 * megabyte;

export function describeMachine({ cores, memoryBytes, system, kernel, cgroups }: Machine): string {
  return `${cores} cores, ${show(memoryBytes)}, ${system}, Linux ${kernel}, cgroup ${cgroups}`;
}

function show(bytes: number): string {
  return bytes >= 1024 * megabyte ? `${(bytes / 1024 / megabyte).toFixed(1)} GB` : `${Math.round(bytes / megabyte)} MB`;
}
