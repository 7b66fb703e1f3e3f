// systemd's logind, which asks before the machine goes down: over the system's bus, by systemd's own programs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { endsWithUs } from '#lib/ends-with-us.ts';
import type { Exec } from '#lib/exec.ts';

export interface Logind {
  /** Lets the machine wait for us for at least so long. @throws {Error} if it would not */
  allow(seconds: number, signal: AbortSignal): Promise<void>;
  /** From now on the machine waits before it goes down, until what is returned is called or this process ends. */
  hold(): () => void;
  /** True when the machine begins to go down, false when that was called off; until `signal` is aborted or the bus is lost. */
  changes(signal: AbortSignal): AsyncIterable<boolean>;
}

export function createLogind(exec: Exec): Logind {
  async function delayMicros(signal: AbortSignal): Promise<number> {
    const { stdout } = await exec('busctl', ['get-property', ...manager, 'InhibitDelayMaxUSec'], signal);
    return Number(/^t (\d+)/.exec(stdout)?.[1] ?? 0);
  }

  return {
    async allow(seconds, signal) {
      if ((await delayMicros(signal)) >= seconds * 1e6) return;
      await mkdir(settings, { recursive: true });
      await writeFile(`${settings}/99-kubelet.conf`, `[Login]\nInhibitDelayMaxSec=${seconds}\n`);
      await exec('systemctl', ['kill', '--signal=HUP', 'systemd-logind'], signal);
      for (let tries = 0; tries < 20; tries++) {
        if ((await delayMicros(signal)) >= seconds * 1e6) return;
      }
      throw new Error(`logind does not wait for ${seconds} s`);
    },
    hold() {
      const words = [
        '--what=shutdown',
        '--mode=delay',
        '--who=kubelet',
        '--why=Kubelet needs time to handle node shutdown',
      ];
      // It holds as long as `cat` runs, which ends with this process: its input is closed then.
      const child = spawn('systemd-inhibit', [...words, 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] });
      child.on('error', () => {}); // no systemd: `changes` says so
      child.stdin.on('error', () => {});
      return () => child.stdin.end();
    },
    async *changes(signal) {
      const match = `type='signal',interface='${manager[2]}',member='PrepareForShutdown'`;
      const child = spawn(...endsWithUs('busctl', 'monitor', '--json=short', `--match=${match}`), {
        stdio: ['ignore', 'pipe', 'ignore'],
        signal,
      });
      const { createInterface } = await import('node:readline'); // few nodes have grace periods
      const ended = once(child, 'exit').catch(() => {});
      for await (const line of createInterface(child.stdout)) {
        const begins = parsePrepare(line);
        if (begins !== undefined) yield begins;
      }
      await ended;
    },
  };
}
const manager = ['org.freedesktop.login1', '/org/freedesktop/login1', 'org.freedesktop.login1.Manager'] as const;
const settings = '/etc/systemd/logind.conf.d';

/** What a line of `busctl monitor` says; `undefined` if it is about something else. */
export function parsePrepare(line: string): boolean | undefined {
  try {
    const { member, payload } = JSON.parse(line) as { member?: string; payload?: { data?: readonly unknown[] } };
    const begins = payload?.data?.[0];
    return member === 'PrepareForShutdown' && typeof begins === 'boolean' ? begins : undefined;
  } catch {
    return undefined;
  }
}
