import { replicaSets, replicationControllers, services, statefulSets } from '#lib/api/resources.ts';
import { matchesLabels, type Selector, selectorOf, selectorOfMap } from '#lib/api/selectors/labels.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { type Informers, indexes } from '../controllers/informers.ts';
import { controllerOf } from '../controllers/shared/owners.ts';
import type { TopologySpreadFacts } from './plugins/topology-spread.ts';

/** What selects the pods that belong together with a pod: by its Services and its owner. Rule: kube-scheduler's DefaultSelector. */
export function createSpreadFacts(informers: Informers): TopologySpreadFacts & { readonly synced: Promise<unknown> } {
  const ofServices = informers.get(services);
  const ofReplicaSets = informers.get(replicaSets);
  const ofControllers = informers.get(replicationControllers);
  const ofStatefulSets = informers.get(statefulSets);

  function ownerSelector(pod: Pod): Selector | undefined {
    const owner = controllerOf(pod);
    const key = `${pod.metadata.namespace}/${owner?.name}`;
    switch (owner?.kind) {
      case 'ReplicaSet':
        return selectorOf(ofReplicaSets.get(key)?.spec?.selector);
      case 'ReplicationController':
        return selectorOfMap(ofControllers.get(key)?.spec?.selector);
      case 'StatefulSet':
        return selectorOf(ofStatefulSets.get(key)?.spec?.selector);
      default:
        return undefined;
    }
  }

  return {
    synced: Promise.all([ofServices.synced, ofReplicaSets.synced, ofControllers.synced, ofStatefulSets.synced]),
    selectorFor(pod) {
      const labels = pod.metadata.labels ?? {};
      const serving = ofServices.byIndex(indexes.namespace, pod.metadata.namespace ?? '').flatMap(({ spec }) => {
        if (spec?.selector === undefined || Object.keys(spec.selector).length === 0) return [];
        const selector = selectorOfMap(spec.selector);
        return matchesLabels(selector, labels) ? selector : [];
      });
      const all = [...serving, ...(ownerSelector(pod) ?? [])];
      return all.length === 0 ? undefined : all;
    },
  };
}
