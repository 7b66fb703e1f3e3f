import type { Resource } from '#lib/api/resource.ts';
import type { WatchEvent, WatchOptions } from '#lib/client/client.ts';
import type { Case } from './spec.ts';

/**
 * Watches from now on (or from `resourceVersion`) while `act` works, until an event `is` what was looked for.
 * @throws {Error} if it has not come within a minute
 */
export async function seen<T>(
  c: Case,
  resource: Resource<T>,
  options: WatchOptions,
  is: (event: WatchEvent<T>) => boolean,
  act: () => Promise<unknown>,
): Promise<WatchEvent<T>> {
  const namespace = resource.isNamespaced ? c.namespace : undefined;
  const { metadata } = await c.client.list(resource, { namespace, ...options }, c.signal);
  await act();
  const signal = AbortSignal.any([c.signal, AbortSignal.timeout(60_000)]);
  const from = { namespace, ...options, resourceVersion: metadata.resourceVersion ?? '' };
  const passed: string[] = [];
  for await (const event of c.client.watch(resource, from, signal)) {
    if (is(event)) return event;
    passed.push(`${event.type} ${JSON.stringify(event.object)}`);
  }
  throw new Error(`The watch of ${resource.plural} ended without what was looked for, after\n${passed.join('\n')}`);
}
