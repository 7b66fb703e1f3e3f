import { readFile } from 'node:fs/promises';
import type { Clock } from '#lib/clock.ts';
import { exec } from '#lib/exec.ts';
import type { Log } from '#lib/log.ts';
import type { AgentOptions } from '../options.ts';
import type { Provide } from './providers.ts';

/** The node's credential providers; `undefined` if it has none. @throws {Error} that names the file and what is wrong in it */
export async function openProviders(
  { credentialProviderConfig: path, credentialProviderFolder: folder }: AgentOptions,
  tools: { readonly clock: Clock; readonly log: Log },
): Promise<Provide | undefined> {
  if (path === undefined || folder === undefined) return undefined;
  const { createProvide, readProviders } = await import('./providers.ts'); // few nodes have some
  try {
    return createProvide({ providers: readProviders(await readFile(path, 'utf8')), folder, exec, ...tools });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot use the credential providers of ${path}: ${words}`, { cause: error });
  }
}
