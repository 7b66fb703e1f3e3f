// Fields of features that are off as Kubernetes 1.37 comes (alpha, or beta and off): what a client sends in them is not
// kept, and nothing is said of it, unless the object has such fields already: it was stored where the feature was on.
// Rule: dropDisabledFields of the strategies in registry, and of pkg/api/pod.
import type { KubeObject } from '../resource.ts';
import type { ApiObject } from './object.ts';

/** Takes out of `next` what is off and not in use in `previous`. */
export type DropFields = (next: ApiObject, previous?: KubeObject) => void;

/** Undefined: all fields of the kind are on. */
export function dropFieldsOf(group: string, kind: string): DropFields | undefined {
  const name = group === '' ? kind : `${group}/${kind}`;
  const base = podSpecs[name];
  const inPods =
    base === undefined ? [] : Object.values(podFeatures).map((paths) => paths.map((path) => `${base}.${path}`));
  const features = [...inPods, ...Object.values(kindFeatures[name] ?? {})].map((paths) => paths.map(stepsOf));
  if (features.length === 0) return undefined;
  return (next, previous) => {
    for (const paths of features) {
      if (!paths.some((path) => isUsed(next, path)) || paths.some((path) => isUsed(previous, path))) continue;
      for (const path of paths) drop(next, path);
    }
  };
}

/** `a[]`: each item of the list a; `a{}`: each value of the map a. */
type Paths = readonly string[];

/** Where a kind has the spec of its pods. */
const podSpecs: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template.spec',
  ReplicationController: 'spec.template.spec',
  'apps/DaemonSet': 'spec.template.spec',
  'apps/Deployment': 'spec.template.spec',
  'apps/ReplicaSet': 'spec.template.spec',
  'apps/StatefulSet': 'spec.template.spec',
  'batch/CronJob': 'spec.jobTemplate.spec.template.spec',
  'batch/Job': 'spec.template.spec',
};

const containers = ['initContainers[]', 'containers[]', 'ephemeralContainers[]'];
const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const inContainers = (...paths: Paths) => containers.flatMap((one) => paths.map((path) => `${one}.${path}`));
const inProbes = (path: string) => probes.map((probe) => `${probe}.${path}`);
const files = ['configMap.items[]', 'secret.items[]', 'downwardAPI.items[]'];
const projected = [...files, 'serviceAccountToken', 'clusterTrustBundle', 'podCertificate'];

/** By feature, below the spec of a pod. */
const podFeatures: Readonly<Record<string, Paths>> = {
  AtomicWriteVolumeUserFields: [
    ...['configMap', 'secret', 'downwardAPI', 'projected'].map((kind) => `volumes[].${kind}.defaultUser`),
    ...files.map((file) => `volumes[].${file}.user`),
    ...projected.map((source) => `volumes[].projected.sources[].${source}.user`),
  ],
  EmptyDirVolumeMode: ['volumes[].emptyDir.mode'],
  EvictionRequestAPI: ['evictionResponders'],
  GenericWorkload: ['schedulingGroup'],
  GRPCContainerProbeTLS: inContainers(...inProbes('grpc.mode')),
  H2CContainerProbe: inContainers(
    ...inProbes('httpGet.protocol'),
    'lifecycle.postStart.httpGet.protocol',
    'lifecycle.preStop.httpGet.protocol',
  ),
  VolumeBindMountOptions: inContainers('volumeMounts[].bindMountOptions'),
};

const lists = ['bools', 'ints', 'strings', 'versions'];

/** By kind and feature. */
const kindFeatures: Readonly<Record<string, Readonly<Record<string, Paths>>>> = {
  Node: { InPlacePodVerticalScalingSchedulerPreemption: ['spec.podPreemptionPolicy'] },
  PersistentVolumeClaim: { CSIVolumeHealth: ['status.healthStatus'] },
  Pod: {
    CSIVolumeHealth: ['status.volumeHealth'],
    DRANodeAllocatableResources: ['status.nodeAllocatableResourceClaimStatuses'],
  },
  'batch/CronJob': { WorkloadWithJob: ['spec.jobTemplate.spec.scheduling'] },
  'batch/Job': { WorkloadWithJob: ['spec.scheduling'] },
  'resource.k8s.io/ResourceClaim': {
    DRAOptionalNodeOperations: ['status.allocation.devices.results[].skipNodeOperations'],
  },
  'resource.k8s.io/ResourceSlice': {
    DRAListTypeAttributes: lists.map((list) => `spec.devices[].attributes{}.${list}`),
    DRANodeAllocatableResources: ['spec.devices[].nodeAllocatableResources'],
    DRAOptionalNodeOperations: ['spec.skipNodeOperations'],
    DRAPartitionableDevicesType: ['spec.partitionTypeAttribute'],
  },
};

/** `isMany`: each item of the list, or each value of the map, of that name. */
interface Step {
  readonly name: string;
  readonly isMany: boolean;
}

function stepsOf(path: string): readonly Step[] {
  return path.split('.').map((step) => {
    const isMany = step.endsWith('[]') || step.endsWith('{}');
    return { name: isMany ? step.slice(0, -2) : step, isMany };
  });
}

function isUsed(value: unknown, steps: readonly Step[], from = 0): boolean {
  const { name, isMany } = steps[from]!;
  const found = held(value, name);
  if (found === undefined || found === null) return false;
  if (from === steps.length - 1) return true;
  return isMany ? Object.values(found).some((one) => isUsed(one, steps, from + 1)) : isUsed(found, steps, from + 1);
}

function drop(value: unknown, steps: readonly Step[], from = 0): void {
  const { name, isMany } = steps[from]!;
  const found = held(value, name);
  if (found === undefined) return;
  if (from === steps.length - 1) delete (value as Record<string, unknown>)[name];
  else if (isMany) for (const one of Object.values(found ?? {})) drop(one, steps, from + 1);
  else drop(found, steps, from + 1);
}

function held(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
