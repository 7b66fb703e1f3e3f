import { X509Certificate } from 'node:crypto';
import { configMaps } from '#lib/api/resources.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { splitPem } from '#lib/join/ca-hash.ts';
import { authorityKey, clusterSettings } from '#lib/join/settings.ts';
import type { Log } from '#lib/log.ts';
import { readText, writeText } from '#lib/pki/files.ts';

export interface KeepAuthorityOptions {
  readonly client: Client;
  /** Where the cluster's authority is kept. */
  readonly file: string;
  /** How often it is asked for. */
  readonly everyMs: number;
  /** Takes it into use after it was written down. */
  use(ca: string): void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Hears of the cluster's next authority long before the present one ends: over a connection that the present one vouches for. */
export async function keepAuthority(options: KeepAuthorityOptions, signal: AbortSignal): Promise<void> {
  const { client, file, everyMs, clock, log } = options;
  while (!signal.aborted) {
    try {
      const ca = (await client.get(configMaps, clusterSettings, signal)).data?.[authorityKey] ?? '';
      if (isAuthority(ca) && ca !== (await readText(file))) {
        await writeText(file, ca, 0o644);
        options.use(ca);
        log.info('Took the next authority of the cluster into use', { file });
      }
    } catch (error) {
      if (signal.aborted) return;
      log.debug('Could not ask for the authority of the cluster', { err: error });
    }
    await clock.sleep(everyMs, signal).catch(() => {});
  }
}

function isAuthority(text: string): boolean {
  try {
    const all = splitPem(text).map((pem) => new X509Certificate(pem));
    return all.length > 0 && all.every(({ ca }) => ca);
  } catch {
    return false;
  }
}
