// Which pods stand behind a Service, and on which ports. Rule: kubernetes pkg/controller/util/endpoint and
// staging/src/k8s.io/endpointslice.
import type { Pod, Service, ServicePort } from '#lib/api/types/core.v1.ts';
import { familyOf } from '#lib/ip.ts';
import { hasEnded } from './pods.ts';

export interface Port {
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
  readonly appProtocol?: string | undefined;
}

/** The ports of `pod` that `service` leads to; one whose named target the pod does not have is left out. */
export function portsFor({ spec }: Service, pod: Pod): readonly Port[] {
  return (spec?.ports ?? []).flatMap((servicePort) => {
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    const port = targetOf(servicePort, pod);
    return port === undefined ? [] : [{ name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

function targetOf({ targetPort, port, protocol = 'TCP' }: ServicePort, pod: Pod): number | undefined {
  if (targetPort === undefined || targetPort === '' || targetPort === 0) return port;
  if (typeof targetPort === 'number') return targetPort;
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const { ports } of [...pod.spec.containers, ...sidecars]) {
    const found = ports?.find((one) => one.name === targetPort && (one.protocol ?? 'TCP') === protocol);
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

/** Has an address, and runs or is about to. */
export function isBehind(pod: Pod, mayBeTerminating: boolean): boolean {
  if (hasEnded(pod) || (pod.status?.podIPs ?? []).length + (pod.status?.podIP ? 1 : 0) === 0) return false;
  return mayBeTerminating || pod.metadata.deletionTimestamp === undefined;
}

/** The DNS name that `pod` has below a headless `service`. */
export function hostnameFor({ metadata }: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname && subdomain === metadata.name && pod.metadata.namespace === metadata.namespace
    ? hostname
    : undefined;
}

export function isHeadless({ spec }: Service): boolean {
  return spec?.clusterIP === 'None';
}

export function targetOfPod({ metadata }: Pod) {
  return { kind: 'Pod', namespace: metadata.namespace, name: metadata.name, uid: metadata.uid };
}

export const headlessLabel = 'service.kubernetes.io/headless';
export const serviceNameLabel = 'kubernetes.io/service-name';

export function keyOfPorts(ports: readonly Port[]): string {
  return ports
    .map(({ name, protocol, port, appProtocol = '' }) => [name, protocol, port, appProtocol].join('/'))
    .sort()
    .join(',');
}

/** The families of addresses under which `service` is known, the first one first. */
export function familiesOf({ spec }: Service): readonly ('IPv4' | 'IPv6')[] {
  const families = (spec?.ipFamilies ?? []).filter((family) => family !== '');
  if (families.length > 0) return families;
  return spec?.clusterIP && spec.clusterIP !== 'None' && familyOf(spec.clusterIP) === 6 ? ['IPv6'] : ['IPv4'];
}

export function addressOfFamily(pod: Pod, family: 'IPv4' | 'IPv6'): string | undefined {
  return addressesOf(pod).find((ip) => familyOf(ip) === (family === 'IPv4' ? 4 : 6));
}

function addressesOf({ status }: Pod): readonly string[] {
  const all = (status?.podIPs ?? []).map(({ ip }) => ip).filter((ip) => ip !== undefined);
  return all.length > 0 ? all : [status?.podIP ?? ''];
}
