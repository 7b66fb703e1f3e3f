import { readQuantity, roundedToMilli } from '../../quantity.ts';
import type { Container, EphemeralContainer, LifecycleHandler, Probe } from '../../types/core.v1.ts';
import type { Mutable } from '../object.ts';

export type AnyContainer = Mutable<Container | EphemeralContainer>;

export function defaultContainer(container: AnyContainer): void {
  container.imagePullPolicy ||= pullPolicyOf(container.image ?? '');
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const { valueFrom } of container.env ?? []) if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1';
  roundResources(container.resources?.limits);
  roundResources(container.resources?.requests);
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe) defaultProbe(probe);
  }
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop])
    if (handler) defaultHandler(handler);
}

/** `latest`, said or meant, is asked for at every start; a fixed tag or digest is kept. */
export function pullPolicyOf(image: string): 'Always' | 'IfNotPresent' {
  if (image === '' || image.includes('@')) return 'IfNotPresent';
  const last = image.slice(image.lastIndexOf('/') + 1);
  const tag = last.includes(':') ? last.slice(last.lastIndexOf(':') + 1) : 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: Mutable<Probe>): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.grpc) probe.grpc.service ??= '';
  defaultHandler(probe);
}

function defaultHandler({ httpGet }: Mutable<LifecycleHandler>): void {
  if (!httpGet) return;
  httpGet.path ||= '/';
  httpGet.scheme ||= 'HTTP';
}

/** Amounts are kept to a thousandth, rounded up; what is no amount is left to validation. */
export function roundResources(resources: Record<string, string> | undefined): void {
  for (const [name, value] of Object.entries(resources ?? {})) {
    if (readQuantity(value) !== undefined) resources![name] = roundedToMilli(value);
  }
}
