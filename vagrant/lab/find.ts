import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LabLayout, NodeLayout } from './layout.ts';
import { type ProcessId, startTicksOf } from './processes.ts';

/** Processes that live in a node's mount namespace or in the lab's cgroups: runtimes, shims, containers, agents. */
export function labProcesses(layout: LabLayout): readonly ProcessId[] {
  return processesFor(layout.nodes, labCgroups(layout.id));
}

/** Those of one node. */
export function processesOf(node: NodeLayout): readonly ProcessId[] {
  return processesFor([node], labCgroups(node.cgroupRoot.slice(1)));
}

function processesFor(nodes: readonly NodeLayout[], cgroups: readonly string[]): readonly ProcessId[] {
  const namespaces = new Set(nodes.map((node) => namespaceOf(node.mountNamespace)).filter((n) => n !== undefined));
  const pids = new Set(cgroups.flatMap(processesIn));
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const namespace = readLink(`/proc/${name}/ns/mnt`);
    if (namespace !== undefined && namespaces.has(namespace)) pids.add(Number(name));
  }
  pids.delete(process.pid);
  return [...pids].flatMap((pid) => {
    const startTicks = startTicksOf(pid);
    return startTicks === undefined ? [] : [{ pid, startTicks }];
  });
}

/** 'mnt:[4026532...]' if `file` holds a namespace. */
function namespaceOf(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const { ino, dev } = statSync(file);
  const holdsNamespace = dev !== statSync(dirname(file)).dev; // else it is the plain file below the mount
  return holdsNamespace ? `mnt:[${ino}]` : undefined;
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // ended in between
  }
}

/** The lab's cgroups in every hierarchy, inner ones first. */
export function labCgroups(id: string): readonly string[] {
  const root = '/sys/fs/cgroup';
  const hierarchies = existsSync(`${root}/cgroup.controllers`) ? [root] : readdirSync(root).map((n) => `${root}/${n}`);
  return hierarchies.flatMap((hierarchy) => {
    const top = `${hierarchy}/${id}`;
    return existsSync(top) ? [...below(top), top] : [];
  });
}

function below(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => [...below(`${folder}/${entry.name}`), `${folder}/${entry.name}`]);
}

function processesIn(cgroup: string): readonly number[] {
  try {
    return readFileSync(`${cgroup}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
