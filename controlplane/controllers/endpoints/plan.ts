import type { EndpointSubset, Endpoints, Pod, Service } from '#lib/api/types/core.v1.ts';
import {
  addressOfFamily,
  familiesOf,
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

interface Behind {
  readonly pod: Pod;
  readonly ip: string;
}

interface Known {
  readonly address: Address;
  readonly isReady: boolean;
}

/** The Endpoints object that stands for `service`, for those who still read it instead of EndpointSlices. */
export function planEndpoints(service: Service, pods: readonly Pod[], before: Endpoints | undefined): Endpoints {
  const { namespace, name } = service.metadata;
  const mayBeTerminating = service.spec?.publishNotReadyAddresses ?? false;
  const [family] = familiesOf(service);
  const behind = pods.flatMap((pod): readonly Behind[] => {
    const ip = addressOfFamily(pod, family!); // it knows but one family
    return ip === undefined || !isBehind(pod, mayBeTerminating) ? [] : [{ pod, ip }];
  });
  // Of too many those stay that are ready.
  const byUse = behind.toSorted((a, b) => Number(isReady(b.pod)) - Number(isReady(a.pod)) || (a.ip < b.ip ? -1 : 1));
  const kept = byUse.slice(0, mostAddresses).sort((a, b) => (a.ip < b.ip ? -1 : 1));
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
function subsetsOf(service: Service, behind: readonly Behind[]): readonly EndpointSubset[] {
  const isBare = isHeadless(service) && (service.spec?.ports ?? []).length === 0;
  const byPort = new Map<string, { port: Port | undefined; known: Known[] }>();
  for (const { pod, ip } of behind) {
    const known = {
      address: addressOf(service, pod, ip),
      isReady: service.spec?.publishNotReadyAddresses || isReady(pod),
    };
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

function addressOf(service: Service, pod: Pod, ip: string): Address {
  const hostname = hostnameFor(service, pod);
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: targetOfPod(pod),
  };
}
