// ConfigMaps and Secrets of the pods on this node: each is listed and watched by name while some pod names it, so that
// the Node authorizer lets us, a change is seen at once, and memory stays bounded by what the pods here name.
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { configMaps, secrets } from '#lib/api/resources.ts';
import type { ConfigMap, Pod, Secret } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createInformer, type Informer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { referencesOf } from './pods/references.ts';

export interface PodObjects {
  /** Starts to follow what `pod` names; again after its spec changed. A pod is known by its uid. */
  use(pod: Pod): void;
  /** Stops to follow what no other pod names. */
  drop(podUid: string): void;
  /**
   * The object as last seen; `undefined` if it does not exist. Some pod in use must name it.
   * @throws {ReasonError} ServiceUnavailable if the API does not answer in time (or does not let us yet): ask again
   */
  configMap(namespace: string, name: string, signal: AbortSignal): Promise<ConfigMap | undefined>;
  /** The same for Secrets. */
  secret(namespace: string, name: string, signal: AbortSignal): Promise<Secret | undefined>;
  /** Calls `listener` with the uid of each pod in use that names an object which changed. Returns how to stop. */
  onChange(listener: (podUid: string) => void): () => void;
}

export interface PodObjectsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** How long the first answer about an object may take; 5 s unless told. */
  readonly patienceMs?: number;
}

/** Follows nothing until a pod is in use; `signal` ends all. */
export function createPodObjects(options: PodObjectsOptions, signal: AbortSignal): PodObjects {
  const listeners = new Set<(podUid: string) => void>();
  const changed = (podUid: string) => {
    for (const listener of listeners) listener(podUid);
  };
  const maps = createFollower(options, configMaps, changed, signal);
  const keys = createFollower(options, secrets, changed, signal);
  return {
    use(pod) {
      const { namespace = 'default', uid = '' } = pod.metadata;
      const references = referencesOf(pod);
      maps.use(uid, namespace, references.configMaps);
      keys.use(uid, namespace, references.secrets);
    },
    drop(podUid) {
      maps.use(podUid, '', none);
      keys.use(podUid, '', none);
    },
    configMap: maps.get,
    secret: keys.get,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
const none: ReadonlySet<string> = new Set();

interface Followed<T extends KubeObject> {
  readonly informer: Informer<T>;
  readonly pods: Set<string>;
  readonly stop: AbortController;
}

function createFollower<T extends KubeObject>(
  { client, clock, log, patienceMs = 5_000 }: PodObjectsOptions,
  resource: Resource<T>,
  changed: (podUid: string) => void,
  lifetime: AbortSignal,
) {
  const followed = new Map<string, Followed<T>>(); // by namespace/name; bounded by what the pods here name
  const keysOf = new Map<string, ReadonlySet<string>>(); // by pod uid

  function follow(key: string): Followed<T> {
    const [namespace = '', name = ''] = key.split('/');
    const informer = createInformer({
      client,
      resource,
      namespace,
      fieldSelector: `metadata.name=${name}`,
      clock,
      log,
    });
    const stop = new AbortController();
    const one: Followed<T> = { informer, pods: new Set(), stop };
    informer.onChange(() => {
      for (const podUid of one.pods) changed(podUid);
    });
    void informer.run(AbortSignal.any([stop.signal, lifetime]));
    followed.set(key, one);
    return one;
  }

  function use(podUid: string, namespace: string, names: ReadonlySet<string>): void {
    const wanted = new Set([...names].map((name) => `${namespace}/${name}`));
    for (const key of wanted) (followed.get(key) ?? follow(key)).pods.add(podUid);
    for (const key of keysOf.get(podUid) ?? none) {
      const one = followed.get(key);
      if (one === undefined || wanted.has(key)) continue;
      one.pods.delete(podUid);
      if (one.pods.size > 0) continue;
      one.stop.abort();
      followed.delete(key);
    }
    if (wanted.size > 0) keysOf.set(podUid, wanted);
    else keysOf.delete(podUid);
  }

  async function get(namespace: string, name: string, signal: AbortSignal): Promise<T | undefined> {
    const key = `${namespace}/${name}`;
    const one = followed.get(key);
    const kind = resource.kind.toLowerCase();
    if (one === undefined) throw new ReasonError('NotFound', `object "${namespace}"/"${name}" not registered`);
    const waiting = new AbortController();
    const late = clock.sleep(patienceMs, AbortSignal.any([signal, waiting.signal])).then(() => true);
    const isLate = await Promise.race([one.informer.synced.then(() => false), late]);
    waiting.abort();
    late.catch(() => {}); // told to stop: that is all it says
    if (isLate) {
      throw new ReasonError('ServiceUnavailable', `failed to sync ${kind} cache: timed out waiting for the condition`);
    }
    return one.informer.get(key);
  }

  return { use, get };
}
