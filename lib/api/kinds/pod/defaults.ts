// What a Pod gets that its author left out. Rule: core/v1 SetDefaults_Pod, _PodSpec, _Container and what they hold.
import type { Pod, PodSpec, PodTemplateSpec } from '../../types/core.v1.ts';
import type { Mutable } from '../object.ts';
import { type AnyContainer, defaultContainer } from './container-defaults.ts';
import { defaultPodResources } from './pod-resources.ts';
import { defaultVolume } from './volume-defaults.ts';

export function defaultPod(pod: Mutable<Pod>): void {
  pod.spec ??= { containers: [] };
  const { spec } = pod;
  defaultPodSpec(spec);
  for (const container of plainContainers(spec)) requestsFromLimits(container);
  defaultPodResources(spec);
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

function missing(from: Record<string, string>, given: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => !Object.hasOwn(given, name)));
}

/** On the node's own network a container's port is the node's. */
function hostPorts(spec: Mutable<PodSpec>): void {
  for (const container of plainContainers(spec)) {
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
}
