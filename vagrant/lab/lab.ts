import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Clock } from '#lib/clock.ts';
import { type Exec, exec } from '#lib/exec.ts';
import type { LabLayout } from './layout.ts';
import { isAlive, type Launch, launch, type ProcessId } from './processes.ts';
import type { LabState } from './state.ts';
import { writeState } from './state.ts';

/** What every step of `up` works with. */
export interface Lab {
  readonly layout: LabLayout;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Starts the process `name` unless it runs. @returns whether it had to be started */
  ensureProcess(name: string, launch: () => Launch): boolean;
  /** Notes folders that the lab made outside its own. */
  noteDirs(paths: readonly string[]): void;
  state(): LabState;
}

export function openLab(layout: LabLayout, before: LabState | undefined, clock: Clock, signal: AbortSignal): Lab {
  let state: LabState = before ?? {
    nodeCount: layout.nodeCount,
    isolated: layout.isolated,
    apiPort: layout.apiPort,
    segmentCount: layout.segmentCount,
    dualStack: layout.dualStack,
    proxyMode: layout.proxyMode,
    podNetwork: layout.podNetwork,
    runtimeHandlers: layout.runtimeHandlers,
    containerdDir: layout.containerdDir,
    certificateLifetime: layout.certificateLifetime,
    etcd: layout.etcd,
    processes: {},
    madeDirs: [],
    startedAt: new Date(clock.now()).toISOString(),
  };
  const keep = (change: Partial<LabState>): void => {
    state = { ...state, ...change };
    writeState(layout, state);
  };
  keep({ nodeCount: layout.nodeCount, proxyMode: layout.proxyMode, podNetwork: layout.podNetwork });
  return {
    layout,
    exec,
    clock,
    signal,
    state: () => state,
    ensureProcess(name, how) {
      if (isAlive(state.processes[name])) return false;
      const id: ProcessId = launch(how());
      keep({ processes: { ...state.processes, [name]: id } });
      return true;
    },
    noteDirs: (paths) => keep({ madeDirs: [...new Set([...state.madeDirs, ...paths])] }),
  };
}

/** Runs lines of shell; the first that fails ends them. */
export async function shell(lab: Lab, script: string): Promise<void> {
  await lab.exec('sh', ['-ec', script], lab.signal, { env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } });
}

/** The checkout's folder. */
export const home = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Of an agent, as `skiff` has them: it waits more than it computes. What is compiled is kept apart for each set of flags. */
export const agentFlags: readonly string[] = ['--max-semi-space-size=2', '--no-turbofan', '--optimize-for-size'];

/** Of a server, as `skiff` has them: most of what it makes is garbage soon, and each look at it stops the server for a while. */
export const serverFlags: readonly string[] = ['--max-semi-space-size=8'];

/** Command line of `skiff ...` as this very process was started. */
export function skiffCommand(words: readonly string[], nodeFlags: readonly string[]): readonly string[] {
  return [process.execPath, ...nodeFlags, `${home}/cli/main.ts`, ...words];
}

/** The last lines of a process's log, for an error message. */
export function tailOf(file: string, lines = 12): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

/** Thrown by a question of `until`: waiting longer is of no use. */
export class GaveUp extends Error {}

/** Asks until `ask` gives something, at most `timeoutMs`. @throws {Error} naming `what`, with the last reason */
export async function until<T>(
  lab: Lab,
  what: string,
  timeoutMs: number,
  ask: (signal: AbortSignal) => Promise<T | undefined>,
): Promise<T> {
  const deadline = lab.clock.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    lab.signal.throwIfAborted();
    try {
      const answer = await ask(AbortSignal.any([lab.signal, AbortSignal.timeout(5_000)]));
      if (answer !== undefined) return answer;
    } catch (error) {
      if (error instanceof GaveUp) throw new Error(`No use to wait for ${what}: ${error.message}`, { cause: error });
      last = error;
    }
    if (lab.clock.now() > deadline) {
      const why = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}${why}`, { cause: last });
    }
    await lab.clock.sleep(pollMs, lab.signal);
  }
}
const pollMs = 50;
