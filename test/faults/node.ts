// The node under test: its agent speaks to the proxy instead of containerd.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { openCri } from '#cri/containerd.ts';
import type { Cri } from '#cri/runtime.ts';
import { createClock } from '#lib/clock.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import { enter } from '../../vagrant/lab/node.ts';
import { isAlive, launch, type ProcessId, stop } from '../../vagrant/lab/processes.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { home } from '../lab.ts';

export interface FaultyNode {
  readonly name: string;
  /** The runtime itself, without faults. */
  readonly cri: Cri;
  /** A process in all of the node's namespaces. */
  readonly pid: number;
  /** Begins to break things as `seed` says. */
  begin(seed: number): Promise<void>;
  /** Lets all pass again. @returns how often what was done */
  calm(): Promise<Readonly<Record<string, number>>>;
  /** Kills the agent and starts it again. */
  restartAgent(): Promise<void>;
  close(): void;
}

/** Puts a proxy between the first node's agent and its containerd; the agent starts anew. */
export async function openFaultyNode(layout: LabLayout): Promise<FaultyNode> {
  const node = layout.nodes[0]!;
  const clock = createClock();
  const { processes } = readState(layout.dataDir)!;
  const { pid } = processes[`${node.name}/containerd`]!;
  // Under containerd's own name: its shims say whose they are by it.
  const [socket, behind] = [node.containerdSocket, `${node.containerdSocket}.behind`];
  renameSync(`/proc/${pid}/root${socket}`, `/proc/${pid}/root${behind}`);
  const words = [process.execPath, `${home}/test/faults/proxy.ts`, socket, behind];
  const proxy = spawn('nsenter', [...enter(node), ...words], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await message(proxy);
  let agent: ProcessId = processes[`${node.name}/agent`]!;
  const command = readFileSync(`/proc/${agent.pid}/cmdline`, 'utf8')
    .split('\0')
    .filter((word) => word !== '');
  const start = () => {
    const logFile = `${layout.logDir}/${node.name}/agent.log`;
    agent = launch({ file: 'nsenter', args: [...enter(node), ...command, '--verbose'], logFile });
  };
  await stop(agent, 3_000, clock, AbortSignal.timeout(10_000));
  start();
  return {
    name: node.name,
    pid,
    cri: await openCri(`unix:///proc/${pid}/root${behind}`, clock),
    async begin(seed) {
      proxy.send({ seed });
      await message(proxy);
    },
    async calm() {
      proxy.send({});
      return ((await message(proxy)) as { counts: Record<string, number> }).counts;
    },
    async restartAgent() {
      process.kill(agent.pid, 'SIGKILL');
      while (isAlive(agent)) await clock.sleep(20, AbortSignal.timeout(5_000));
      start();
    },
    close() {
      proxy.disconnect();
    },
  };
}

function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`The proxy ended with ${code}`)));
  });
}
