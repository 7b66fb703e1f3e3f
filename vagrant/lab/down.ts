import { existsSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { exec } from '#lib/exec.ts';
import { labCgroups, labProcesses } from './find.ts';
import { renderTeardown } from './network.ts';
import { isAlive, send, stop } from './processes.ts';
import type { LabState } from './state.ts';
import type { Step, UpOptions } from './up.ts';

export interface DownOptions extends Omit<UpOptions, 'withWorkload'> {
  readonly before: LabState | undefined;
}

/**
 * The steps that take a lab away: every process, mount, namespace, link, chain, cgroup and file of it. They go by what the
 * machine shows, not by what the lab remembers of itself, so they work after any crash, and again.
 */
export function planDown({ layout, before, clock, signal }: DownOptions): readonly Step[] {
  return [
    {
      title: 'Processes',
      async run() {
        const known = Object.entries(before?.processes ?? {}).filter(([, id]) => isAlive(id));
        const isBelow = ([name]: readonly [string, unknown]) => name.endsWith('/containerd');
        // Agents and server first: nobody is left who would start again what ends below them.
        for (const part of [known.filter((p) => !isBelow(p)), known.filter(isBelow)]) {
          await Promise.all(part.map(([, id]) => stop(id, graceMs, clock, signal)));
        }
        let ended = known.length;
        for (let round = 0; round < mostRounds; round++) {
          const left = labProcesses(layout);
          if (left.length === 0) return `${ended} ended`;
          if (round === 0) ended += left.length;
          for (const id of left) send(id, 'SIGKILL');
          await clock.sleep(50, signal);
        }
        const left = labProcesses(layout).map(({ pid }) => pid);
        throw new Error(`Cannot end the processes ${left.join(', ')}: they do not react to SIGKILL`);
      },
    },
    {
      title: 'Namespaces and links',
      async run() {
        await exec('sh', ['-c', renderTeardown(layout)], signal);
        const folder = `${layout.dataDir}/namespaces`;
        for (const mount of mountsBelow(folder).toReversed()) await exec('umount', ['-l', mount], signal);
        return undefined;
      },
    },
    {
      title: 'Cgroups',
      async run() {
        const groups = labCgroups(layout.id);
        for (const path of groups) rmdirSync(path);
        return groups.length === 0 ? undefined : `${groups.length} removed`;
      },
    },
    {
      title: 'Files',
      async run() {
        const mounts = mountsBelow(layout.dataDir);
        if (mounts.length > 0) throw new Error(`Cannot delete ${layout.dataDir}: ${mounts[0]} is still mounted`);
        for (const name of ownNames) rmSync(`${layout.dataDir}/${name}`, { recursive: true, force: true });
        for (const path of [...(before?.madeDirs ?? [])].sort((a, b) => b.length - a.length)) removeIfEmpty(path);
        removeIfEmpty(layout.dataDir);
        return undefined;
      },
    },
  ];
}
const graceMs = 3_000;
const mostRounds = 200;

/** All that a lab writes into its data folder. Anything else there is not ours. */
const ownNames = [
  'server',
  'nodes',
  'images',
  'log',
  'namespaces',
  'kubeconfig',
  'lab.json',
  'machines.json',
  'lab.json.new',
  'ip_forward',
];

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Not empty, or not there: somebody else's by now.
  }
}

function mountsBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .sort();
}
