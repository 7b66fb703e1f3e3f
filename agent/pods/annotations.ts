// Labels and annotations by which containers are found again after a restart of the agent: names and forms are upstream's.
import type { Container, Pod } from '#lib/api/types/core.v1.ts';
import { configSeen, configSource } from '../static/annotations.ts';

export const podNameLabel = 'io.kubernetes.pod.name';
export const podNamespaceLabel = 'io.kubernetes.pod.namespace';
export const podUidLabel = 'io.kubernetes.pod.uid';
export const containerNameLabel = 'io.kubernetes.container.name';
export const hashAnnotation = 'io.kubernetes.container.hash';
export const restartCountAnnotation = 'io.kubernetes.container.restartCount';
export const terminationPathAnnotation = 'io.kubernetes.container.terminationMessagePath';
export const terminationPolicyAnnotation = 'io.kubernetes.container.terminationMessagePolicy';
export const podGraceAnnotation = 'io.kubernetes.pod.terminationGracePeriod';
export const preStopAnnotation = 'io.kubernetes.container.preStopHandler';
const deletionGraceAnnotation = 'io.kubernetes.pod.deletionGracePeriod';
const portsAnnotation = 'io.kubernetes.container.ports';

export function podLabels({ metadata }: Pod): Readonly<Record<string, string>> {
  return {
    [podNameLabel]: metadata.name,
    [podNamespaceLabel]: metadata.namespace ?? 'default',
    [podUidLabel]: metadata.uid ?? '',
  };
}

export function sandboxLabels(pod: Pod): Readonly<Record<string, string>> {
  return { ...pod.metadata.labels, ...podLabels(pod) };
}

export function sandboxAnnotations({ metadata }: Pod): Readonly<Record<string, string>> {
  return {
    [configSource]: 'api',
    [configSeen]: metadata.creationTimestamp ?? '',
    ...metadata.annotations,
  };
}

export function containerLabels(pod: Pod, { name }: Container): Readonly<Record<string, string>> {
  return { ...podLabels(pod), [containerNameLabel]: name };
}

export function containerAnnotations(
  pod: Pod,
  container: Container,
  attempt: number,
): Readonly<Record<string, string>> {
  const { terminationGracePeriodSeconds: grace } = pod.spec;
  const { deletionGracePeriodSeconds: deletionGrace } = pod.metadata;
  const preStop = container.lifecycle?.preStop;
  return {
    [hashAnnotation]: containerHash(container),
    [restartCountAnnotation]: String(attempt),
    [terminationPathAnnotation]: container.terminationMessagePath ?? '/dev/termination-log',
    [terminationPolicyAnnotation]: container.terminationMessagePolicy ?? 'File',
    ...(grace === undefined ? {} : { [podGraceAnnotation]: String(grace) }),
    ...(deletionGrace === undefined ? {} : { [deletionGraceAnnotation]: String(deletionGrace) }),
    ...(preStop === undefined ? {} : { [preStopAnnotation]: JSON.stringify(preStop) }),
    ...(container.ports?.length ? { [portsAnnotation]: JSON.stringify(container.ports) } : {}),
  };
}

/**
 * Changes when a running container has to be replaced: with its image, and nothing else. FNV-1a, 32 bits.
 * Rule: kubelet's HashContainer since v1.31.
 */
export function containerHash({ name, image = '' }: Container): string {
  const text = new TextEncoder().encode(JSON.stringify({ image, name }));
  let hash = 0x811c9dc5;
  for (const byte of text) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16);
}
