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

/** An isolated cluster in a folder of its own, by the command that people use. */
export async function makeLab(prefix: string, more: readonly string[] = []): Promise<TemporaryLab> {
  const data = mkdtempSync(`/tmp/${prefix}.`);
  await skiff(['up', '--isolated', '--data', data, '--api-port', '0', ...more]);
  const layout = layoutFor({ ...readState(data)!, dataDir: data });
  return {
    layout,
    async remove() {
      await skiff(['down', '--data', data]);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export async function skiff(words: readonly string[]): Promise<void> {
  await execa(`${home}/skiff`, words, { stdout: 'inherit', stderr: 'inherit' });
}
