// What controllers may write into the status of a workload. Pure. Rule: apps and core validation, Validate*StatusUpdate.
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../types/apps.v1.ts';
import type { ReplicationController } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { notDecremented, validateCounts } from '../validate-counts.ts';

const all = 'status.replicas';

export function validateDeploymentStatus({ status }: Deployment, { status: old }: Deployment): StatusCause[] {
  const names = ['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'];
  return [
    ...validateCounts(
      status,
      [...names, 'unavailableReplicas', 'collisionCount', 'terminatingReplicas'],
      [
        ['updatedReplicas', 'replicas', all],
        ['readyReplicas', 'replicas', all],
        ['availableReplicas', 'replicas', all],
        ['availableReplicas', 'readyReplicas', 'readyReplicas'],
      ],
    ),
    ...notDecremented(status, old, 'collisionCount'),
  ];
}

export function validateReplicaStatus({ status }: ReplicaSet | ReplicationController): StatusCause[] {
  const names = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'];
  return validateCounts(
    status,
    [...names, 'terminatingReplicas'],
    [
      ['fullyLabeledReplicas', 'replicas', all],
      ['readyReplicas', 'replicas', all],
      ['availableReplicas', 'replicas', all],
      ['availableReplicas', 'readyReplicas', 'readyReplicas'],
    ],
  );
}

export function validateStatefulSetStatus({ status }: StatefulSet, { status: old }: StatefulSet): StatusCause[] {
  const names = ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'];
  return [
    ...validateCounts(
      status,
      [...names, 'observedGeneration', 'collisionCount'],
      [
        ['readyReplicas', 'replicas', all],
        ['currentReplicas', 'replicas', all],
        ['updatedReplicas', 'replicas', all],
        ['availableReplicas', 'replicas', all],
        ['availableReplicas', 'readyReplicas', 'status.readyReplicas'],
      ],
    ),
    ...notDecremented(status, old, 'collisionCount'),
  ];
}

export function validateDaemonSetStatus({ status }: DaemonSet, { status: old }: DaemonSet): StatusCause[] {
  const names = ['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady'];
  const others = ['observedGeneration', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable'];
  return [
    ...validateCounts(status, [...names, ...others, 'collisionCount']),
    ...notDecremented(status, old, 'collisionCount'),
  ];
}
