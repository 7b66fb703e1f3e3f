import type { Exec } from '#lib/exec.ts';
import { ExecError } from '#lib/exec.ts';
import type { Property } from './writes.ts';

/** systemd owns its tree of slices: they are made, limited and taken away by asking it. Everything may be repeated. */
export interface Slices {
  /** Makes the slice unless it is there, and gives it these properties. */
  set(slice: string, properties: readonly Property[], signal: AbortSignal): Promise<void>;
  /** Ends what runs in it, and takes it away. */
  remove(slice: string, signal: AbortSignal): Promise<void>;
}

/**
 * Over the system's bus, by `busctl`. Slices are transient: systemd forgets them, with what was set, once they are
 * stopped; nothing is left in /run/systemd.
 */
export function createSlices(exec: Exec): Slices {
  const ask = (method: string, words: readonly string[], signal: AbortSignal) =>
    exec('busctl', ['--quiet', 'call', ...manager, method, ...words], signal);
  return {
    async set(slice, properties, signal) {
      const words = properties.flatMap(({ name, type, value }) => [name, type, value]);
      try {
        await ask('StartTransientUnit', startWords(slice, properties.length, words), signal);
      } catch (error) {
        if (!(error instanceof ExecError) || !/already (loaded|exists)|was already/i.test(wordsOf(error))) throw error;
        await ask('SetUnitProperties', ['sba(sv)', slice, 'true', String(properties.length), ...words], signal);
      }
    },
    async remove(slice, signal) {
      await exec('systemctl', ['stop', slice], signal, { okCodes: [0, 1, 5] });
    },
  };
}
const manager = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'] as const;

function startWords(slice: string, count: number, words: readonly string[]): readonly string[] {
  const all = [...standing.flat(), ...words];
  return ['ssa(sv)a(sa(sv))', slice, 'replace', String(standing.length + count), ...all, '0'];
}
/** What every slice of pods has. Rule: what runc sets for the slices that it makes. */
const standing = [
  ['Description', 's', 'Pods of Kubernetes'],
  ['DefaultDependencies', 'b', 'false'],
  ['CPUAccounting', 'b', 'true'],
  ['MemoryAccounting', 'b', 'true'],
  ['IOAccounting', 'b', 'true'],
  ['TasksAccounting', 'b', 'true'],
] as const;

function wordsOf({ message, result }: ExecError): string {
  return `${message} ${result.stderr}`;
}
