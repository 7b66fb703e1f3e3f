// ReplicaSet and ReplicationController are one controller: what differs is here.
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { replicaSets, replicationControllers } from '#lib/api/resources.ts';
import type { ReplicaSet, ReplicaSetStatus } from '#lib/api/types/apps.v1.ts';
import type { PodTemplateSpec, ReplicationController } from '#lib/api/types/core.v1.ts';
import type { LabelSelector } from '#lib/api/types/meta.v1.ts';

export interface Flavour<O extends KubeObject> {
  readonly resource: Resource<O>;
  /** The name under which it writes. */
  readonly name: string;
  /** undefined where the object is not complete. */
  facts(object: O): OwnerFacts | undefined;
  withStatus(object: O, status: ReplicaSetStatus): O;
}

export interface OwnerFacts {
  readonly replicas: number;
  readonly minReadySeconds: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplateSpec;
  readonly status: ReplicaSetStatus | undefined;
}

export const replicaSetFlavour: Flavour<ReplicaSet> = {
  resource: replicaSets,
  name: 'replicaset-controller',
  facts: ({ spec, status }) =>
    spec && {
      replicas: spec.replicas ?? 1,
      minReadySeconds: spec.minReadySeconds ?? 0,
      selector: spec.selector,
      template: spec.template,
      status,
    },
  withStatus: (object, status) => ({ ...object, status }),
};

export const replicationControllerFlavour: Flavour<ReplicationController> = {
  resource: replicationControllers,
  name: 'replication-controller',
  facts: ({ spec, status }) =>
    spec?.template && {
      replicas: spec.replicas ?? 1,
      minReadySeconds: spec.minReadySeconds ?? 0,
      selector: { matchLabels: spec.selector ?? {} },
      template: spec.template,
      status,
    },
  // It knows nothing of those on their way out.
  withStatus: (object, { terminatingReplicas: _, ...status }) => ({ ...object, status }),
};
