import { readdir, readFile, statfs } from 'node:fs/promises';
import { availableParallelism, release, totalmem } from 'node:os';
import type { NodeSystemInfo } from '#lib/api/types/core.v1.ts';

/** What the machine is, as far as the API tells. */
export interface Machine {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  /** Of the file system that pods' volumes are on. */
  readonly storageBytes: number;
  /** Bytes in huge pages, by their size: `2Mi`. */
  readonly hugePages: Readonly<Record<string, number>>;
  readonly hasAppArmor: boolean;
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
    swapBytes: Number(/^SwapTotal: +(\d+) kB$/m.exec(await readLine('/proc/meminfo'))?.[1] ?? 0) * 1024,
    storageBytes: blocks * bsize,
    hugePages: await readHugePages(),
    hasAppArmor: (await readLine('/sys/module/apparmor/parameters/enabled')) === 'Y',
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

async function readHugePages(): Promise<Readonly<Record<string, number>>> {
  const folder = '/sys/kernel/mm/hugepages';
  const found: Record<string, number> = {};
  for (const name of await readdir(folder).catch(() => [])) {
    const kilobytes = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1] ?? 0);
    if (kilobytes > 0)
      found[sizeOf(kilobytes)] = Number(await readLine(`${folder}/${name}/nr_hugepages`)) * kilobytes * 1024;
  }
  return found;
}

function sizeOf(kilobytes: number): string {
  const units = ['Ki', 'Mi', 'Gi'];
  let size = kilobytes;
  while (size >= 1024 && size % 1024 === 0 && units.length > 1) {
    size /= 1024;
    units.shift();
  }
  return `${size}${units[0]}`;
}

/** '' where there is none: not every machine has all of these. */
async function readLine(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}
