import type { Pod } from '#lib/api/types/core.v1.ts';
import { podGraceAnnotation, podNameLabel, podNamespaceLabel } from './annotations.ts';
import type { Observed } from './observed.ts';

/** As much of a pod as labels and annotations tell, for one that the API no longer has; `undefined` if there is nothing of it. */
export function orphanOf(uid: string, { sandboxes, containers }: Observed): Pod | undefined {
  const labels = sandboxes[0]?.labels ?? containers[0]?.labels;
  if (labels === undefined) return undefined;
  const grace = containers.find(({ annotations }) => annotations[podGraceAnnotation] !== undefined);
  return {
    metadata: { uid, name: labels[podNameLabel] ?? '', namespace: labels[podNamespaceLabel] ?? 'default' },
    spec: { containers: [], terminationGracePeriodSeconds: Number(grace?.annotations[podGraceAnnotation] ?? 30) },
    status: {},
  };
}
