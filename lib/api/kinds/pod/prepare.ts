// What is made of a Pod on its way to the store. Rule: registry/core/pod strategy.
import type { Pod } from '../../types/core.v1.ts';
import type { Mutable } from '../object.ts';
import { takeAppArmorAnnotations } from './apparmor.ts';
import { fixLabelKeys } from './label-keys.ts';
import { qosClassOf } from './qos.ts';

export function preparePod(pod: Mutable<Pod>): void {
  const status: Mutable<Pod>['status'] = { phase: 'Pending', qosClass: qosClassOf(pod.spec ?? { containers: [] }) };
  if ((pod.spec?.schedulingGates ?? []).length > 0) {
    status!.conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ];
  }
  pod.status = status;
  fixLabelKeys(pod);
  takeAppArmorAnnotations(pod);
}

/** A status update moves nothing but status, and no client unsets the class. */
export function preparePodStatus(next: Mutable<Pod>, previous: Pod): void {
  if (previous.status?.qosClass === undefined) return;
  next.status ??= {};
  next.status.qosClass ??= previous.status.qosClass;
}

/**
 * Seconds between the wish to delete a pod and its end. Not yet on a node, or already at its end: none.
 * Rule: podStrategy.CheckGracefulDelete.
 */
export function podGraceSeconds({ spec, status }: Pod, asked: number | undefined): number {
  if (!spec?.nodeName) return 0;
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0;
  const seconds = asked ?? spec.terminationGracePeriodSeconds ?? 30;
  return seconds < 0 ? 1 : seconds;
}

/** Rule: registry/core/pod ToSelectableFields. */
export function podFields({ spec, status }: Pod): Record<string, string> {
  return {
    'spec.nodeName': spec?.nodeName ?? '',
    'spec.restartPolicy': spec?.restartPolicy ?? '',
    'spec.schedulerName': spec?.schedulerName ?? '',
    'spec.serviceAccountName': spec?.serviceAccountName ?? '',
    'spec.hostNetwork': String(spec?.hostNetwork ?? false),
    'status.phase': status?.phase ?? '',
    'status.podIP': status?.podIPs?.[0]?.ip ?? status?.podIP ?? '',
    'status.podIPs': (status?.podIPs ?? []).map(({ ip }) => ip).join(','),
    'status.nominatedNodeName': status?.nominatedNodeName ?? '',
  };
}
