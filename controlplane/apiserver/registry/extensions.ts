// Resources that come and go while the server runs: those that CustomResourceDefinitions define.
import type { ResourceFacts } from '#lib/api/facts.ts';
import { createResourceCache, type FedCache } from './cache/resource-cache.ts';
import { answered, dispatch } from './dispatch.ts';
import type { Extensions, ResourceStore } from './registry.ts';
import type { Core, Served } from './served.ts';

export interface OpenExtensions extends Extensions {
  store(group: string, version: string, plural: string): ResourceStore | undefined;
}

export function createExtensions(core: Core): OpenExtensions {
  const byName = new Map<string, readonly ResourceStore[]>();
  const ends = new Map<string, AbortController>();
  let stores: ReadonlyMap<string, ResourceStore> = new Map();
  let resources: readonly ResourceFacts[] = [];
  let generation = 0;

  return {
    async open(prefix, parse, signal) {
      const cache = createResourceCache(prefix, parse);
      await core.feed.add(cache, signal);
      return cache;
    },
    close: (cache) => core.feed.remove(cache as FedCache),
    serve(name, served) {
      ends.get(name)?.abort();
      const end = new AbortController();
      if (served.length === 0) {
        byName.delete(name);
        ends.delete(name);
      } else {
        byName.set(
          name,
          served.map((one) => storeOf(core, one, end.signal)),
        );
        ends.set(name, end);
      }
      const all = [...byName.values()].flat();
      stores = new Map(all.map((store) => [keyOf(store.facts), store]));
      resources = all.map(({ facts }) => facts);
      generation += 1;
    },
    store: (group, version, plural) => stores.get(keyOf({ group, version, plural })),
    get resources() {
      return resources;
    },
    get generation() {
      return generation;
    },
  };
}

function keyOf({ group, version, plural }: Pick<ResourceFacts, 'group' | 'version' | 'plural'>): string {
  return `${group}/${version}/${plural}`;
}

function storeOf(core: Core, served: Served, end: AbortSignal): ResourceStore {
  return {
    facts: served.facts,
    isJsonOnly: true,
    count: () => served.cache.count(''),
    subresources: served.facts.subresources.map(({ name }) => name).filter((name) => answered.has(name)),
    serve: async (call) =>
      dispatch(core, served, call.verb === 'watch' ? { ...call, signal: AbortSignal.any([call.signal, end]) } : call),
  };
}
