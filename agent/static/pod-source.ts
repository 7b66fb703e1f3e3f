import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Informer, Listener, Reader } from '#lib/client/informer.ts';
import { isMirror, isMirrorOf } from './annotations.ts';
import type { StaticPods } from './static-pods.ts';

/** All pods of this node, wherever they come from; the API's pictures of static ones are no pods of their own. */
export interface PodSource extends Pick<Reader<Pod>, 'get' | 'list'> {
  onChange(listener: Listener<Pod>): () => void;
  /** Settles when all of them are known. */
  readonly synced: Promise<unknown>;
}

export function createPodSource(informer: Informer<Pod>, statics: StaticPods): PodSource {
  /** A static pod with the status that the API shows. */
  function shown(pod: Pod, key: string): Pod {
    const mirror = informer.get(key);
    return isMirrorOf(mirror, pod) ? { ...pod, status: mirror.status } : pod;
  }

  function get(key: string): Pod | undefined {
    const own = statics.get(key);
    if (own !== undefined) return shown(own, key);
    const pod = informer.get(key);
    return pod !== undefined && isMirror(pod) ? undefined : pod;
  }

  return {
    get,
    *list() {
      for (const pod of statics.list()) yield shown(pod, `${pod.metadata.namespace}/${pod.metadata.name}`);
      for (const pod of informer.list()) if (!isMirror(pod)) yield pod;
    },
    onChange(listener) {
      const stops = [
        informer.onChange((now, before, key) => {
          if (!isMirror((now ?? before)!)) listener(now, before, key);
        }),
        statics.onChange((now, before, key) => listener(now && shown(now, key), before, key)),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
    synced: Promise.all([informer.synced, statics.synced]),
  };
}
