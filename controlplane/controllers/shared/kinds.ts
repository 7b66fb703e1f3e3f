import { isSame } from '#lib/api/kinds/equal.ts';
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { customResourceDefinitions } from '#lib/api/resources.ts';
import { resourceFacts } from '#lib/api/schema.ts';
import type { CustomResourceDefinition } from '#lib/api/types/apiextensions.v1.ts';
import type { Informers } from '../informers.ts';

/** Every kind of object that can be listed, watched and deleted: the built-in ones and those defined by CRDs. */
export interface Kinds {
  list(): readonly Resource<KubeObject>[];
  /** By the kind that owner references name, whatever the version. */
  find(group: string, kind: string): Resource<KubeObject> | undefined;
  /** Calls `listener` with each kind, now and when it appears. */
  onNew(listener: (kind: Resource<KubeObject>) => void): void;
  /** Calls `listener` with each kind that is served no more, or otherwise than before. */
  onGone(listener: (kind: Resource<KubeObject>) => void): void;
  readonly synced: Promise<void>;
}

export function createKinds(informers: Informers): Kinds {
  const definitions = informers.get(customResourceDefinitions);
  const custom = new Map<string, Resource<KubeObject>>();
  const listeners: ((kind: Resource<KubeObject>) => void)[] = [];
  const goneListeners: ((kind: Resource<KubeObject>) => void)[] = [];
  definitions.onChange((now, _before, key) => {
    const kind = now && kindOf(now);
    const known = custom.get(key);
    if (isSame(known, kind)) return; // the same object stands for it as long as it is served alike
    custom.delete(key);
    if (known !== undefined) for (const listener of goneListeners) listener(known);
    if (kind === undefined) return;
    custom.set(key, kind);
    for (const listener of listeners) listener(kind);
  });
  const list = () => [...builtIn, ...custom.values()];
  return {
    list,
    find: (group, kind) => list().find((one) => one.group === group && one.kind === kind),
    onNew(listener) {
      listeners.push(listener);
      for (const kind of list()) listener(kind);
    },
    onGone: (listener) => goneListeners.push(listener),
    synced: definitions.synced,
  };
}

const builtIn: readonly Resource<KubeObject>[] = resourceFacts
  .filter(({ verbs, subresourceOnly, stability }) => {
    return !subresourceOnly && stability === 'GA' && ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb));
  })
  .filter(isNewestVersion)
  .map(({ group, version, kind, plural, scope }) => {
    return { group, version, kind, plural, isNamespaced: scope === 'Namespaced' };
  });

/** One version of each is enough: all show the same objects. */
function isNewestVersion({ group, plural, version }: (typeof resourceFacts)[number]): boolean {
  const others = resourceFacts.filter(
    (other) => other.group === group && other.plural === plural && other.stability === 'GA',
  );
  // Events are served by two groups; by their version number the newest of one group is the last.
  return others.every((other) => other.version === version || order(other.version) < order(version));
}

function order(version: string): number {
  return Number(/^v(\d+)$/.exec(version)?.[1] ?? 0);
}

function kindOf({ spec, status }: CustomResourceDefinition): Resource<KubeObject> | undefined {
  const isEstablished = status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True');
  const served = spec.versions.filter((one) => one.served);
  const version = served.find(({ storage }) => storage) ?? served[0];
  if (!isEstablished || version === undefined || spec.names === undefined) return undefined;
  const { kind, plural } = spec.names;
  return { group: spec.group, version: version.name, kind, plural, isNamespaced: spec.scope === 'Namespaced' };
}
