import type { KubeObject } from '#lib/api/resource.ts';
import type { ResourceCache } from './cache/resource-cache.ts';
import type { CacheReader } from './registry.ts';

/** The cache of one resource as the server's own parts see it. */
export function createReader<T extends KubeObject>(cache: ResourceCache): CacheReader<T> {
  return {
    get: (key) => cache.get(key)?.object() as T | undefined,
    list: (namespace) => cache.select(namespace ? `${namespace}/` : '').map((stored) => stored.object() as T),
    onChange: (listener) =>
      cache.onEvent(({ type, now, before }) => {
        const current = type === 'DELETED' ? undefined : (now.object() as T);
        listener(current, before?.object() as T | undefined, now.key);
      }),
  };
}
