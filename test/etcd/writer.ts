// A careful client that writes all the time, and one that watches: what they find wrong is counted as a fault.
import { configMaps } from '#lib/api/resources.ts';
import type { ConfigMap } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createInformer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { createSilentLog } from '#lib/log.ts';

export const namespace = 'default';

export interface Written {
  /** Name > the counter of the last change that was acknowledged, and the version it was given. */
  readonly acknowledged: Map<string, { readonly counter: number; readonly version: number }>;
  readonly faults: string[];
  writes: number;
  retries: number;
  /** The longest time without a write that was answered, in one of the objects. */
  longestMs: number;
}

export function nothingWritten(): Written {
  return { acknowledged: new Map(), faults: [], writes: 0, retries: 0, longestMs: 0 };
}

const curable = ['ServiceUnavailable', 'ServerTimeout', 'Timeout', 'TooManyRequests', 'InternalError'] as const;

/** Counts up in one object, each change on top of the one before. */
export async function write(
  client: Client,
  name: string,
  written: Written,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let known: ConfigMap | undefined;
  let counter = 0;
  let lastMs = clock.now();
  while (!signal.aborted) {
    try {
      if (known === undefined) known = await readOrMake(client, name, signal);
      const stands = Number(known.data?.['counter'] ?? 0);
      const last = written.acknowledged.get(name)?.counter ?? 0;
      if (stands < last) written.faults.push(`${name} stands at ${stands} after ${last} was acknowledged`);
      counter = Math.max(stands, counter) + 1;
      known = await client.update(configMaps, { ...known, data: { counter: String(counter) } }, signal);
      const version = Number(known.metadata.resourceVersion);
      const before = written.acknowledged.get(name);
      if (before !== undefined && version <= before.version)
        written.faults.push(`${name} went back from version ${before.version} to ${version}`);
      written.acknowledged.set(name, { counter, version });
      written.writes += 1;
      const nowMs = clock.now();
      written.longestMs = Math.max(written.longestMs, nowMs - lastMs);
      lastMs = nowMs;
    } catch (error) {
      if (signal.aborted) return;
      if (!hasReason(error, ...curable, 'Conflict', 'AlreadyExists'))
        written.faults.push(`${name}: ${(error as Error).message}`);
      known = undefined; // whether it was done is seen by reading
      written.retries += 1;
    }
    await clock.sleep(10, signal).catch(() => {});
  }
}

async function readOrMake(client: Client, name: string, signal: AbortSignal): Promise<ConfigMap> {
  try {
    return await client.get(configMaps, { namespace, name }, signal);
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
    return client.create(configMaps, { metadata: { namespace, name }, data: { counter: '0' } }, signal);
  }
}

/** What an informer is told has to go up, object by object. */
export function watchAll(client: Client, written: Written, clock: Clock, signal: AbortSignal): Promise<void> {
  const informer = createInformer<ConfigMap>({
    client,
    resource: configMaps,
    namespace,
    clock,
    log: createSilentLog(),
  });
  const seen = new Map<string, number>();
  informer.onChange((now, _before, key) => {
    if (!key.startsWith('default/w')) return;
    const counter = Number(now?.data?.['counter'] ?? -1);
    if (counter < (seen.get(key) ?? 0))
      written.faults.push(`A watcher saw ${key} go from ${seen.get(key)} to ${counter}`);
    seen.set(key, counter);
  });
  return informer.run(signal);
}

/** Nothing that was acknowledged is missing. */
export async function checkAll(client: Client, written: Written, signal: AbortSignal): Promise<void> {
  for (const [name, { counter }] of written.acknowledged) {
    const stands = Number((await client.get(configMaps, { namespace, name }, signal)).data?.['counter']);
    if (stands < counter) written.faults.push(`${name} ends at ${stands}, and ${counter} was acknowledged`);
  }
}
