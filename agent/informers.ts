import { configMaps, endpointSlices, nodes, pods, serviceCIDRs, services } from '#lib/api/resources.ts';
import type { ConfigMap, Node, Pod, Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import type { ServiceCIDR } from '#lib/api/types/networking.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createInformer, type Informer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';

/** The one set of local copies that everything on the node reads. */
export interface Informers {
  /** Of this node only. */
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly services: Informer<Service>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly serviceCidrs: Informer<ServiceCIDR>;
  /** kube-system/kube-dns alone. */
  readonly dnsSettings: Informer<ConfigMap>;
}

export function createInformers(
  { client, clock, log }: { readonly client: Client; readonly clock: Clock; readonly log: Log },
  nodeName: string,
): Informers {
  const common = { client, clock, log };
  return {
    pods: createInformer({ ...common, resource: pods, fieldSelector: `spec.nodeName=${nodeName}` }),
    nodes: createInformer({ ...common, resource: nodes }),
    services: createInformer({ ...common, resource: services }),
    endpointSlices: createInformer({ ...common, resource: endpointSlices }),
    serviceCidrs: createInformer({ ...common, resource: serviceCIDRs }),
    dnsSettings: createInformer({
      ...common,
      resource: configMaps,
      namespace: 'kube-system',
      fieldSelector: 'metadata.name=kube-dns',
    }),
  };
}

export async function runInformers(informers: Informers, signal: AbortSignal): Promise<void> {
  await Promise.all(Object.values(informers).map((informer: Informer<never>) => informer.run(signal)));
}
