import { keyOf } from '#lib/api/resource.ts';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import type { Informer } from '#lib/client/informer.ts';

/** A Service and all slices that name it. Either may be missing: slices can come first and go last. */
export interface ServiceView {
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
}

export interface ServiceFeed {
  /** What is known of `key` ('namespace/name'). */
  get(key: string): ServiceView;
  keys(): Iterable<string>;
  stop(): void;
}

/**
 * Joins Services with their EndpointSlices and tells `onChange` of each Service of which anything has changed,
 * also once for each that is there. Its size follows the cluster's Services and slices; it keeps references only.
 */
export function followServices(
  informers: {
    readonly services: Pick<Informer<Service>, 'onChange'>;
    readonly endpointSlices: Pick<Informer<EndpointSlice>, 'onChange'>;
  },
  onChange: (key: string, view: ServiceView) => void,
): ServiceFeed {
  const services = new Map<string, Service>();
  const slices = new Map<string, Map<string, EndpointSlice>>();

  const viewOf = (key: string): ServiceView => ({
    service: services.get(key),
    slices: [...(slices.get(key)?.values() ?? [])],
  });
  const tell = (key: string) => onChange(key, viewOf(key));

  function drop(owner: string, key: string): void {
    const owned = slices.get(owner);
    if (owned?.delete(key) && owned.size === 0) slices.delete(owner);
  }

  const stops = [
    informers.services.onChange((now, _before, key) => {
      if (now === undefined) services.delete(key);
      else services.set(key, now);
      tell(key);
    }),
    informers.endpointSlices.onChange((now, before, key) => {
      const was = ownerOf(before);
      const is = ownerOf(now);
      if (was !== undefined && was !== is) {
        drop(was, key);
        tell(was);
      }
      if (is === undefined || now === undefined) return;
      const owned = slices.get(is) ?? new Map<string, EndpointSlice>();
      slices.set(is, owned.set(keyOf(now), now));
      tell(is);
    }),
  ];

  return {
    get: viewOf,
    keys: () => new Set([...services.keys(), ...slices.keys()]),
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}

function ownerOf(slice: EndpointSlice | undefined): string | undefined {
  const name = slice?.metadata.labels?.['kubernetes.io/service-name'];
  return name && `${slice?.metadata.namespace}/${name}`;
}
