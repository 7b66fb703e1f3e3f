import { keyOf } from '#lib/api/resource.ts';
import { matchesLabels, selectorOfMap } from '#lib/api/selectors/labels.ts';
import type { Pod, Service } from '#lib/api/types/core.v1.ts';
import type { Informer, Reader } from '#lib/client/informer.ts';
import { indexes } from '../informers.ts';

/** The pods that `service` selects. */
export function selectedPods({ metadata, spec }: Service, pods: Reader<Pod>): readonly Pod[] {
  const selector = selectorOfMap(spec?.selector);
  const all = pods.byIndex(indexes.namespace, metadata.namespace ?? '');
  return all.filter((pod) => matchesLabels(selector, pod.metadata.labels));
}

/** Calls `enqueue` with the key of each Service whose endpoints a change of a pod may change. */
export function watchSelectedPods(
  pods: Informer<Pod>,
  services: Reader<Service>,
  enqueue: (key: string) => void,
): void {
  pods.onChange((now, before) => {
    if (now !== undefined && before !== undefined && !isRelevant(now, before)) return;
    const namespace = (now ?? before)!.metadata.namespace ?? '';
    for (const service of services.byIndex(indexes.namespace, namespace)) {
      if (selects(service, now) || selects(service, before)) enqueue(keyOf(service));
    }
  });
}

function selects({ spec }: Service, pod: Pod | undefined): boolean {
  return (
    pod !== undefined &&
    spec?.selector !== undefined &&
    matchesLabels(selectorOfMap(spec.selector), pod.metadata.labels)
  );
}

/** Addresses, readiness, labels, phase, node and leaving: all that endpoints show of a pod. */
function isRelevant(now: Pod, before: Pod): boolean {
  const shown = ({ metadata, spec, status }: Pod) =>
    JSON.stringify([
      metadata.labels,
      metadata.deletionTimestamp,
      spec.nodeName,
      spec.hostname,
      status?.phase,
      status?.podIP,
      status?.podIPs,
      status?.conditions?.find(({ type }) => type === 'Ready')?.status,
    ]);
  return shown(now) !== shown(before);
}
