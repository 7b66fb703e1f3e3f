// Where the API is served: what the cluster says of itself, kept for when the one server that this node was told is away.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import type { Informer } from '#lib/client/informer.ts';
import type { Log } from '#lib/log.ts';

export interface ApiServers {
  /** URLs, as the cluster said last. */
  all(): readonly string[];
  /** Keeps up with what it says. Returns how to stop. */
  follow(slices: Pick<Informer<EndpointSlice>, 'onChange'>): () => void;
}

/** `file` keeps them across restarts of the agent. */
export function createApiServers(file: string, log: Log): ApiServers {
  let known = read(file);
  return {
    all: () => known,
    follow: (slices) =>
      slices.onChange((now, _before, key) => {
        if (key !== 'default/kubernetes' || now === undefined) return;
        const urls = urlsOf(now);
        if (urls.length === 0 || urls.join() === known.join()) return;
        known = urls;
        try {
          writeFileSync(`${file}.new`, JSON.stringify(urls));
          renameSync(`${file}.new`, file);
        } catch (error) {
          log.warn('Could not keep the addresses of the API servers', { err: error });
        }
      }),
  };
}

function read(file: string): readonly string[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return []; // nothing has been said yet
  }
}

export function urlsOf({ endpoints, ports }: EndpointSlice): readonly string[] {
  const port = ports?.find(({ name }) => name === 'https')?.port;
  if (port === undefined) return [];
  const ready = endpoints?.filter(({ conditions }) => conditions?.ready !== false) ?? [];
  return ready
    .flatMap(({ addresses }) => addresses)
    .map((address) => `https://${isIPv6(address) ? `[${address}]` : address}:${port}`)
    .sort();
}
