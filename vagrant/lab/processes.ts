import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '#lib/clock.ts';

/** A process that cannot be taken for another one that got its number later. */
export interface ProcessId {
  readonly pid: number;
  /** Start in clock ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTicks: number;
}

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  /** File descriptors that the process gets as 3, 4, ... */
  readonly fds?: readonly number[];
}

/** Starts a process that outlives this one; its output is added to `logFile`. */
export function launch({ file, args, logFile, env = {}, fds = [] }: Launch): ProcessId {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a', 0o640);
  try {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', log, log, ...fds],
      env: { ...process.env, ...env },
      cwd: '/',
    });
    if (child.pid === undefined) throw new Error(`Cannot start ${file}: is it installed?`);
    child.unref();
    return { pid: child.pid, startTicks: startTicksOf(child.pid) ?? 0 };
  } finally {
    closeSync(log);
  }
}

export function isAlive(id: ProcessId | undefined): boolean {
  return id !== undefined && startTicksOf(id.pid) === id.startTicks;
}

/** Asks it to end, then makes it. Settles when it is gone. */
export async function stop(id: ProcessId, graceMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const deadline = clock.now() + graceMs;
  send(id, 'SIGTERM');
  while (isAlive(id)) {
    if (clock.now() > deadline) send(id, 'SIGKILL');
    await clock.sleep(20, signal);
  }
}

export function send(id: ProcessId, name: NodeJS.Signals): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, name);
  } catch {
    // It ended in between.
  }
}

/** Undefined if there is no such process, or only what waits to be reaped of it. */
export function startTicksOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // a name may hold spaces and brackets
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}
