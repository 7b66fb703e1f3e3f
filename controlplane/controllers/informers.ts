import type { KubeObject, Resource } from '#lib/api/resource.ts';
import type { Client } from '#lib/client/client.ts';
import { createInformer, type Informer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { controllerOf } from './shared/owners.ts';

/** One informer for each resource, made when first asked for and shared by all controllers and the scheduler. */
export interface Informers {
  get<T extends KubeObject>(resource: Resource<T>): Informer<T>;
  /** As `get` if that is running already; else an informer of names, owners and finalizers alone, which is small. */
  metadata(resource: Resource<KubeObject>): Informer<KubeObject>;
  /** Ends the informer of metadata of a resource that is served no more. */
  drop(resource: Resource<KubeObject>): void;
}

/** Indexes of every informer: by namespace; by controller, where objects without one are found under `orphanOf(namespace)`; by all owners. */
export const indexes = { namespace: 'namespace', controller: 'controller', owner: 'owner', node: 'node' } as const;

/** Where the `controller` index keeps the objects of a namespace that nobody controls. */
export function orphanOf(namespace: string | undefined): string {
  return `orphan/${namespace ?? ''}`;
}

/** Informers run from when they are made until `signal` is aborted. */
export function createInformers(
  { client, clock, log }: { readonly client: Client; readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Informers {
  const whole = new Map<string, Informer<KubeObject>>();
  const partial = new Map<string, Informer<KubeObject>>();
  const ends = new Map<string, AbortController>(); // of those

  function start<T extends KubeObject>(
    resource: Resource<T>,
    options: Partial<Parameters<typeof createInformer<T>>[0]>,
    until = signal,
  ) {
    const informer = createInformer<T>({ client, resource, clock, log, ...options });
    void informer.run(until);
    return informer;
  }

  return {
    get<T extends KubeObject>(resource: Resource<T>): Informer<T> {
      const name = nameOf(resource);
      const known = whole.get(name);
      if (known !== undefined) return known as unknown as Informer<T>;
      const made = start(resource, { indexes: resource.plural === 'pods' ? podIndexes : commonIndexes });
      whole.set(name, made as unknown as Informer<KubeObject>);
      return made;
    },
    metadata(resource) {
      const name = nameOf(resource);
      const known = whole.get(name) ?? partial.get(name);
      if (known !== undefined) return known;
      const end = new AbortController();
      const options = { indexes: ownerIndex, transform: metadataOnly, metadataOnly: true };
      const made = start(resource, options, AbortSignal.any([signal, end.signal]));
      partial.set(name, made);
      ends.set(name, end);
      return made;
    },
    drop(resource) {
      const name = nameOf(resource);
      ends.get(name)?.abort();
      ends.delete(name);
      partial.delete(name);
    },
  };
}

/** The same informers for one who works until `signal` is aborted: it is told of no change after that. */
export function informersUntil(informers: Informers, signal: AbortSignal): Informers {
  const until = <T extends KubeObject>(informer: Informer<T>): Informer<T> => ({
    ...informer,
    onChange(listener) {
      const stop = informer.onChange(listener);
      signal.addEventListener('abort', stop, { once: true });
      return stop;
    },
  });
  return {
    get: (resource) => until(informers.get(resource)),
    metadata: (resource) => until(informers.metadata(resource)),
    drop: (resource) => informers.drop(resource),
  };
}

function nameOf({ group, version, plural }: Resource<unknown>): string {
  return `${plural}.${version}.${group}`;
}

const ownerIndex = { owner: ({ metadata }: KubeObject) => metadata.ownerReferences?.map(({ uid }) => uid) ?? [] };

const commonIndexes = {
  ...ownerIndex,
  namespace: ({ metadata }: KubeObject) => (metadata.namespace ? [metadata.namespace] : []),
  controller: (object: KubeObject) => [controllerOf(object)?.uid ?? orphanOf(object.metadata.namespace)],
};

const podIndexes = {
  ...commonIndexes,
  node: (pod: KubeObject) => [(pod as { spec?: { nodeName?: string } }).spec?.nodeName ?? ''],
};

function metadataOnly({ metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, ownerReferences, finalizers } = metadata;
  return {
    metadata: {
      name,
      uid,
      resourceVersion,
      ...(namespace === undefined ? {} : { namespace }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
      ...(finalizers === undefined ? {} : { finalizers }),
    },
  };
}
