// Which addresses or ports are taken: by stored Services, as the cache shows them, and by requests under way.

export interface Usage<V> {
  isTaken(value: V): boolean;
  /** For a request under way. @returns false if somebody has it */
  claim(value: V, owner: object): boolean;
  /** The request failed: what it claimed is free again. */
  release(owner: object): void;
  /** A stored object now has `values` (none: it is gone). What a request claimed for it is taken over. */
  stored(key: string, values: readonly V[]): void;
}

export function createUsage<V>(): Usage<V> {
  const byValue = new Map<V, Set<string>>(); // several only where objects were stored by other means
  const byKey = new Map<string, readonly V[]>();
  const claims = new Map<V, object>(); // bounded by the requests under way
  return {
    isTaken: (value) => byValue.has(value) || claims.has(value),
    claim(value, owner) {
      if (byValue.has(value)) return false;
      const claimant = claims.get(value);
      if (claimant !== undefined && claimant !== owner) return false;
      claims.set(value, owner);
      return true;
    },
    release(owner) {
      for (const [value, claimant] of claims) if (claimant === owner) claims.delete(value);
    },
    stored(key, values) {
      for (const value of byKey.get(key) ?? []) {
        const keys = byValue.get(value);
        keys?.delete(key);
        if (keys?.size === 0) byValue.delete(value);
      }
      if (values.length === 0) byKey.delete(key);
      else byKey.set(key, values);
      for (const value of values) {
        const keys = byValue.get(value);
        if (keys === undefined) byValue.set(value, new Set([key]));
        else keys.add(key);
        claims.delete(value);
      }
    },
  };
}
