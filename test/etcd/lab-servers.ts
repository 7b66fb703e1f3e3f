// Servers on the nodes of a lab, beside their agents: the first is the lab's own, the others become servers by joining it.
import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { type ExecResult, exec } from '#lib/exec.ts';
import { fdOf, openDoor } from '../../vagrant/lab/control-plane.ts';
import { serverFlags, skiffCommand } from '../../vagrant/lab/lab.ts';
import type { LabLayout, NodeLayout } from '../../vagrant/lab/layout.ts';
import { isAlive, launch, type ProcessId, send, startTicksOf } from '../../vagrant/lab/processes.ts';
import { readState, writeState } from '../../vagrant/lab/state.ts';

export interface LabServer {
  /** That of its node. */
  readonly name: string;
  readonly node: NodeLayout;
  readonly url: string;
  readonly dataDir: string;
  /** Again, as it was started first. */
  start(): Promise<void>;
  process(): ProcessId;
  /** Its member of etcd; undefined while there is none. */
  etcd(): ProcessId | undefined;
  isRunning(): boolean;
}

/** The one that `skiff up --etcd` has started. */
export function firstServer(layout: LabLayout): LabServer {
  const id = readState(layout.dataDir)!.processes['server']!;
  const words = readFileSync(`/proc/${id.pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  const note = (server: ProcessId) => {
    const state = readState(layout.dataDir)!;
    writeState(layout, { ...state, processes: { ...state.processes, server } });
  };
  const place = { node: layout.nodes[0]!, dataDir: layout.serverDir, logFile: `${layout.logDir}/server.log` };
  return serverOn({ ...place, command: words, openDoor: () => openDoor(layout.apiPort), note }, id);
}

/** Starts one on `node`; `join` is what `skiff token create --servers --print-join-command` says. */
export async function joinOn(layout: LabLayout, node: NodeLayout, join: string): Promise<LabServer> {
  const dataDir = `${layout.serverDir}/${node.name}`;
  const [, ...words] = join.split(' ');
  const own = [`--data-dir=${dataDir}`, `--advertise-address=${node.ip}`, `--own-node=${node.name}`];
  const command = skiffCommand([...words, ...own], serverFlags);
  const server = serverOn({ node, dataDir, command, logFile: `${layout.logDir}/${node.name}/server.log` });
  await server.start();
  return server;
}

interface Place {
  readonly node: NodeLayout;
  readonly dataDir: string;
  readonly logFile: string;
  readonly command: readonly string[];
  /** The socket of the host that the first one serves, too. */
  openDoor?(): Promise<Server>;
  /** Called with each new process. */
  note?(id: ProcessId): void;
}

function serverOn({ node, dataDir, logFile, command, ...more }: Place, running?: ProcessId): LabServer {
  let id = running;
  const start = async () => {
    const door = await more.openDoor?.();
    const args = [`--net=/run/netns/${node.networkNamespace}`, ...command];
    id = launch({ file: 'nsenter', args, logFile, fds: door === undefined ? [] : [fdOf(door)] });
    door?.close();
    more.note?.(id);
  };
  return {
    name: node.name,
    node,
    url: `https://${node.ip}:6443`,
    dataDir,
    start,
    process: () => id!,
    etcd: () => childOf(id!),
    isRunning: () => isAlive(id),
  };
}

function childOf(parent: ProcessId): ProcessId | undefined {
  if (!isAlive(parent)) return undefined;
  const children = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').split(' ').filter(Boolean);
  for (const pid of children.map(Number)) {
    const startTicks = startTicksOf(pid);
    const isEtcd = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'etcd';
    if (startTicks !== undefined && isEtcd) return { pid, startTicks };
  }
  return undefined;
}

/** Runs a program in the network of a node. @throws {ExecError} if it ends with an error */
export function within(node: NodeLayout, words: readonly string[], timeoutMs = 20_000): Promise<ExecResult> {
  const args = [`--net=/run/netns/${node.networkNamespace}`, ...words];
  return exec('nsenter', args, AbortSignal.timeout(timeoutMs), { timeoutMs });
}

/** `skiff ...` here, where the lab's first server has a door. */
export async function skiff(words: readonly string[]): Promise<string> {
  const [file, ...args] = skiffCommand(words, []);
  return (await exec(file!, args, AbortSignal.timeout(20_000))).stdout.trim();
}

/** The same in the network of a node. */
export async function skiffWithin(node: NodeLayout, words: readonly string[]): Promise<string> {
  return (await within(node, skiffCommand(words, []))).stdout.trim();
}

/** Ends servers that the lab does not know of, their etcd with them. */
export function endServers(servers: readonly LabServer[]): void {
  for (const server of servers) if (server.isRunning()) send(server.process(), 'SIGKILL');
}
