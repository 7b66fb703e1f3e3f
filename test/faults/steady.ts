import { pods } from '#lib/api/resources.ts';
import type { Client } from '#lib/client/client.ts';

export interface SteadyWatch {
  /** @returns what turned unready since the watch began, in lines */
  end(): Promise<readonly string[]>;
}

/** Watches that no pod that was Ready before the faults is ever shown otherwise. */
export async function watchSteady(client: Client, namespace: string): Promise<SteadyWatch> {
  const life = new AbortController();
  const wrong = new Map<string, string>(); // the first word of each
  const { metadata } = await client.list(pods, { namespace }, life.signal);
  const watching = (async () => {
    const since = { namespace, resourceVersion: metadata.resourceVersion! };
    for await (const { object } of client.watch(pods, since, life.signal)) {
      const { name } = object.metadata;
      const ready = object.status?.conditions?.find(({ type }) => type === 'Ready');
      if (!name.startsWith('steady-') || ready?.status === 'True' || wrong.has(name)) continue;
      wrong.set(name, `${name} turned unready: ${JSON.stringify(ready)}`);
    }
    if (!life.signal.aborted) wrong.set('', 'the watch ended: nobody saw what came after');
  })().catch((error) => {
    if (!life.signal.aborted) wrong.set('', `the watch broke: ${error}`);
  });
  return {
    async end() {
      life.abort();
      await watching;
      return [...wrong.values()];
    },
  };
}
