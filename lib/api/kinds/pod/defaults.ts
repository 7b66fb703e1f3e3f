// What a Pod gets that its author left out. Rule: core/v1 SetDefaults_Pod, _PodSpec, _Container and what they hold.
import { addQuantities, compareQuantities, readQuantity } from '../../quantity.ts';
import type { Pod, PodSpec, PodTemplateSpec } from '../../types/core.v1.ts';
import type { Mutable } from '../object.ts';
import { type AnyContainer, defaultContainer } from './container-defaults.ts';
import { defaultVolume } from './volume-defaults.ts';

export function defaultPod(pod: Mutable<Pod>): void {
  pod.spec ??= { containers: [] };
  const { spec } = pod;
  defaultPodSpec(spec);
  for (const container of plainContainers(spec)) requestsFromLimits(container);
  podRequests(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) hostPorts(spec);
}

/** A template is defaulted as a pod's spec is; requests and links wait until there is a pod. */
export function defaultPodTemplate(holder: { template?: Mutable<PodTemplateSpec> | undefined }): void {
  const template = (holder.template ??= {} as Mutable<PodTemplateSpec>);
  template.spec ??= { containers: [] };
  defaultPodSpec(template.spec);
}

function defaultPodSpec(spec: Mutable<PodSpec>): void {
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.restartPolicy ||= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ||= 'default-scheduler';
  // The older name of the field follows the newer one, whichever was given.
  spec.serviceAccountName ||= spec.serviceAccount;
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else {
    delete spec.serviceAccountName;
    delete spec.serviceAccount;
  }
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of allContainers(spec)) defaultContainer(container);
}

function plainContainers(spec: Mutable<PodSpec>): AnyContainer[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
}

function allContainers(spec: Mutable<PodSpec>): AnyContainer[] {
  return [...plainContainers(spec), ...(spec.ephemeralContainers ?? [])];
}

function requestsFromLimits({ resources }: AnyContainer): void {
  if (resources?.limits === undefined) return;
  resources.requests = { ...missing(resources.limits, resources.requests), ...resources.requests };
}

/** Resources of the pod as a whole: what its containers request, else its own limits. */
function podRequests(spec: Mutable<PodSpec>): void {
  const { resources } = spec;
  if (resources?.limits === undefined) return;
  const supported = Object.entries(resources.limits).filter(([name]) => isPodLevel(name));
  const fromContainers = Object.entries(containerRequests(spec)).filter(([name]) => isPodLevel(name) && !isHuge(name));
  const requests = { ...Object.fromEntries([...supported, ...fromContainers]), ...resources.requests };
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

/** The sum over containers, or the largest init container where that is more. */
function containerRequests(spec: Mutable<PodSpec>): Record<string, string> {
  const total: Record<string, string> = {};
  for (const { resources } of spec.containers ?? []) {
    for (const [name, value] of Object.entries(resources?.requests ?? {})) {
      if (readQuantity(value) !== undefined) total[name] = addQuantities(total[name] ?? '0', value);
    }
  }
  for (const { resources } of spec.initContainers ?? []) {
    for (const [name, value] of Object.entries(resources?.requests ?? {})) {
      if (readQuantity(value) !== undefined && compareQuantities(value, total[name] ?? '0') > 0) total[name] = value;
    }
  }
  return total;
}

function isPodLevel(name: string): boolean {
  return name === 'cpu' || name === 'memory' || isHuge(name);
}

function isHuge(name: string): boolean {
  return name.startsWith('hugepages-');
}

function missing(from: Record<string, string>, given: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => !Object.hasOwn(given, name)));
}

/** On the node's own network a container's port is the node's. */
function hostPorts(spec: Mutable<PodSpec>): void {
  for (const container of plainContainers(spec)) {
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
}
