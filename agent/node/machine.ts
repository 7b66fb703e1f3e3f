import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, release, totalmem } from 'node:os';
import type { NodeSystemInfo } from '#lib/api/types/core.v1.ts';

/** What the machine is, as far as the API tells. */
export interface Machine {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Of the file system that pods' volumes are on. */
  readonly storageBytes: number;
  readonly info: Omit<NodeSystemInfo, 'containerRuntimeVersion' | 'kubeletVersion' | 'kubeProxyVersion'>;
}

export async function readMachine(rootDir: string): Promise<Machine> {
  const files = [
    '/etc/machine-id',
    '/sys/class/dmi/id/product_uuid',
    '/proc/sys/kernel/random/boot_id',
    '/etc/os-release',
  ];
  const [machineID = '', systemUUID = '', bootID = '', osRelease = ''] = await Promise.all(files.map(readLine));
  const { blocks, bsize } = await statfs(rootDir);
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    storageBytes: blocks * bsize,
    info: {
      machineID,
      systemUUID: systemUUID || machineID,
      bootID,
      kernelVersion: release(),
      osImage: /^PRETTY_NAME="?(.*?)"?$/m.exec(osRelease)?.[1] ?? 'Linux',
      operatingSystem: 'linux',
      architecture,
    },
  };
}

/** '' where there is none: not every machine has all of these. */
async function readLine(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}
