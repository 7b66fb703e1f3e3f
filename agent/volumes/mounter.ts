import { readFile } from 'node:fs/promises';
import type { ViewMount } from '#cri/runtime.ts';
import { type Exec, exec as run } from '#lib/exec.ts';
import { mountPoints } from './mountinfo.ts';

/** Mounts of this node's mount namespace. */
export interface Mounter {
  /** Mounts a file system of `type` on the directory `target`. */
  mount(type: string, target: string, options: readonly string[], signal: AbortSignal): Promise<void>;
  /** Makes `target` show `source`, by what it is rather than by name: `/proc/PID/fd/N` is taken as it is. */
  bind(source: string, target: string, signal: AbortSignal): Promise<void>;
  /** Makes `target` show a view that a container runtime has made. */
  show(view: ViewMount, target: string, signal: AbortSignal): Promise<void>;
  unmount(target: string, signal: AbortSignal): Promise<void>;
  /** Every mount point at or below `directory`, in the order they were mounted. */
  below(directory: string): Promise<readonly string[]>;
}

/** By util-linux, which every Linux machine has. */
export function createMounter(exec: Exec = run): Mounter {
  return {
    async mount(type, target, options, signal) {
      await exec('mount', ['-t', type, ...withOptions(options), type, target], signal);
    },
    async bind(source, target, signal) {
      await exec('mount', ['--no-canonicalize', '--bind', source, target], signal);
    },
    async show({ type, source, options }, target, signal) {
      const kind = type === 'bind' ? [] : ['-t', type]; // its options say that it is a bind
      await exec('mount', [...kind, ...withOptions(options), source, target], signal);
    },
    async unmount(target, signal) {
      await exec('umount', ['--no-canonicalize', target], signal);
    },
    async below(directory) {
      const prefix = `${directory}/`;
      const all = mountPoints(await readFile('/proc/self/mountinfo', 'utf8'));
      return all.filter((point) => point === directory || point.startsWith(prefix));
    },
  };
}

function withOptions(options: readonly string[]): readonly string[] {
  return options.length === 0 ? [] : ['-o', options.join(',')];
}
