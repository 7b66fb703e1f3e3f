import type { CacheEvent } from './ring.ts';
import type { StoredObject } from './stored-object.ts';

/** What a watch is about: thousands of watches, each of one node's pods, are told of their own changes alone. */
export interface About {
  /** Names what `read` looks at: the same name, the same look. */
  readonly name: string;
  readonly value: string;
  read(stored: StoredObject): string;
}

export interface Listeners {
  add(listener: Listener, about?: About): () => void;
  tell(event: CacheEvent): void;
}
type Listener = (event: CacheEvent) => void;

/** Who is told of the changes of one resource. */
export function createListeners(): Listeners {
  const toAll = new Set<Listener>();
  const groups = new Map<string, Group>(); // by what their listeners look at: one or two a resource

  function addTo(group: Group, value: string, listener: Listener): () => void {
    const known = group.byValue.get(value);
    const set = known ?? new Set<Listener>();
    if (known === undefined) group.byValue.set(value, set);
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0 && group.byValue.get(value) === set) group.byValue.delete(value);
    };
  }

  return {
    add(listener, about) {
      if (about === undefined) {
        toAll.add(listener);
        return () => void toAll.delete(listener);
      }
      const group = groups.get(about.name) ?? { read: about.read, byValue: new Map() };
      groups.set(about.name, group);
      return addTo(group, about.value, listener);
    },
    tell(event) {
      for (const listener of toAll) listener(event);
      for (const { read, byValue } of groups.values()) {
        if (byValue.size === 0) continue;
        const now = read(event.now);
        for (const listener of byValue.get(now) ?? []) listener(event);
        const before = event.before === undefined ? now : read(event.before);
        if (before !== now) for (const listener of byValue.get(before) ?? []) listener(event);
      }
    },
  };
}

interface Group {
  read(stored: StoredObject): string;
  readonly byValue: Map<string, Set<Listener>>;
}
