import { mkdtempSync, rmSync } from 'node:fs';
import { execa } from 'execa';
import type { LabLayout } from '../vagrant/lab/layout.ts';
import { layoutFor, readState } from '../vagrant/lab/state.ts';

export interface TemporaryLab {
  readonly layout: LabLayout;
  remove(): Promise<void>;
}

export const home = new URL('..', import.meta.url).pathname.replace(/\/$/, '');
// As `skiff` sets it: what is started from here directly runs as it does from there.
process.env['NODE_COMPILE_CACHE'] ??= `${home}/.cache/compile`;

/** An isolated cluster in a folder of its own, by the command that people use. What fails or is stopped leaves nothing. */
export async function makeLab(prefix: string, more: readonly string[], signal: AbortSignal): Promise<TemporaryLab> {
  signal.throwIfAborted();
  const data = mkdtempSync(`/tmp/${prefix}.`);
  const remove = async () => {
    await skiff(['down', '--data', data]);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    await skiff(['up', '--isolated', '--data', data, '--api-port', '0', ...more], signal);
    return { layout: layoutFor({ ...readState(data)!, dataDir: data }), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function skiff(words: readonly string[], signal?: AbortSignal): Promise<void> {
  const options = { stdout: 'inherit', stderr: 'inherit' } as const;
  await execa(`${home}/skiff`, words, signal === undefined ? options : { ...options, cancelSignal: signal });
}
