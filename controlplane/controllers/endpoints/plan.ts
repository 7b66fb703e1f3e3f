import type { EndpointSubset, Endpoints, Pod, Service } from '#lib/api/types/core.v1.ts';
import {
  headlessLabel,
  hostnameFor,
  isBehind,
  isHeadless,
  keyOfPorts,
  type Port,
  portsFor,
  targetOfPod,
} from '../shared/endpoints.ts';
import { isReady } from '../shared/pods.ts';

type Address = NonNullable<EndpointSubset['addresses']>[number];

interface Known {
  readonly address: Address;
  readonly isReady: boolean;
}

/** The Endpoints object that stands for `service`, for those who still read it instead of EndpointSlices. */
export function planEndpoints(service: Service, pods: readonly Pod[], before: Endpoints | undefined): Endpoints {
  const { namespace, name } = service.metadata;
  const mayBeTerminating = service.spec?.publishNotReadyAddresses ?? false;
  const behind = pods.filter((pod) => isBehind(pod, mayBeTerminating)).sort((a, b) => (ipOf(a) < ipOf(b) ? -1 : 1));
  const kept = behind.slice(0, mostAddresses);
  const { [overCapacity]: _, ...annotations } = before?.metadata.annotations ?? {};
  return {
    metadata: {
      ...(before?.metadata ?? { namespace, name }),
      labels: {
        ...service.metadata.labels,
        'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
        ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
      },
      annotations: { ...annotations, ...(kept.length < behind.length ? { [overCapacity]: 'truncated' } : {}) },
    },
    subsets: subsetsOf(service, kept),
  };
}
const mostAddresses = 1_000;
const overCapacity = 'endpoints.kubernetes.io/over-capacity';

/** Ports that lead to the same addresses share a subset. Rule: endpoints.RepackSubsets. */
function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const isBare = isHeadless(service) && (service.spec?.ports ?? []).length === 0;
  const byPort = new Map<string, { port: Port | undefined; known: Known[] }>();
  for (const pod of pods) {
    const known = { address: addressOf(service, pod), isReady: service.spec?.publishNotReadyAddresses || isReady(pod) };
    for (const port of isBare ? [undefined] : portsFor(service, pod)) {
      const key = port === undefined ? '' : keyOfPorts([port]);
      const entry = byPort.get(key) ?? { port, known: [] };
      entry.known.push(known);
      byPort.set(key, entry);
    }
  }
  const bySet = new Map<string, { ports: Port[]; known: readonly Known[] }>();
  for (const { port, known } of byPort.values()) {
    const key = known.map(({ address }) => address.targetRef?.uid ?? address.ip).join();
    const entry = bySet.get(key) ?? { ports: [], known };
    if (port !== undefined) entry.ports.push(port);
    bySet.set(key, entry);
  }
  return [...bySet.values()].map(subsetOf);
}

function subsetOf({
  ports,
  known,
}: {
  readonly ports: readonly Port[];
  readonly known: readonly Known[];
}): EndpointSubset {
  const addresses = known.filter((one) => one.isReady).map(({ address }) => address);
  const notReadyAddresses = known.filter((one) => !one.isReady).map(({ address }) => address);
  const shown = ports.map(({ name, appProtocol, ...port }) => ({
    ...(name === '' ? {} : { name }),
    ...port,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
  return {
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
    ...(shown.length > 0 ? { ports: shown } : {}),
  };
}

function addressOf(service: Service, pod: Pod): Address {
  const hostname = hostnameFor(service, pod);
  return {
    ip: ipOf(pod),
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: targetOfPod(pod),
  };
}

function ipOf({ status }: Pod): string {
  return status?.podIP ?? status?.podIPs?.[0]?.ip ?? '';
}
