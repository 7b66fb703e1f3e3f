// What a pod takes on its node while its resources are being changed in place. Pure.
// Rule: KEP-1287, "Scheduler and API server interaction"; component-helpers resource, PodRequests with UseStatusResources.
import { canonicalQuantity, compareQuantities } from '../quantity.ts';
import type { Container, ContainerStatus, Pod } from '../types/core.v1.ts';
import { type Amounts, podRequests } from './requests.ts';

type Requests = Readonly<Record<string, string>>;

/** What counts on the node: of each container the most of what it asks, what it was promised and what it has. */
export function standingRequests(pod: Pod): Amounts {
  const changed = containersAsTheyStand(pod);
  return podRequests(changed === undefined ? pod : { ...pod, spec: { ...pod.spec, ...changed } });
}

/** The containers with the resources that they take now; undefined where that is just what they ask for, as mostly. */
export function containersAsTheyStand(pod: Pod): Pick<Pod['spec'], 'containers' | 'initContainers'> | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const statuses = new Map(
    [...containerStatuses, ...initContainerStatuses].filter(isTold).map((status) => [status.name, status]),
  );
  if (statuses.size === 0) return undefined;
  let isOther = false;
  const stands = (container: Container): Container => {
    const status = statuses.get(container.name);
    if (status === undefined) return container;
    const asked = container.resources?.requests ?? {};
    const requests = largest([...(isInfeasible(pod) ? [] : [asked]), ...toldBy(status)]);
    if (isSameRequests(requests, asked)) return container;
    isOther = true;
    return { ...container, resources: { ...container.resources, requests } };
  };
  const containers = (pod.spec.containers ?? []).map(stands);
  const { initContainers } = pod.spec;
  const others = initContainers?.map((one) => (one.restartPolicy === 'Always' ? stands(one) : one));
  if (!isOther) return undefined;
  return { containers, ...(others === undefined ? {} : { initContainers: others }) };
}

function isTold({ resources }: ContainerStatus): boolean {
  return resources !== undefined;
}

function toldBy({ resources, allocatedResources }: ContainerStatus): readonly Requests[] {
  return [resources?.requests ?? {}, allocatedResources ?? {}];
}

/** The node will never give what is asked: it does not count. */
function isInfeasible({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible');
}

function largest(all: readonly Requests[]): Requests {
  const most: Record<string, string> = {};
  for (const requests of all) {
    for (const [name, amount] of Object.entries(requests)) {
      const known = most[name];
      if (known === undefined || compareQuantities(known, amount) < 0) most[name] = amount;
    }
  }
  return most;
}

function isSameRequests(a: Requests, b: Requests): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const [one, other] = [a[name]!, b[name]];
    return one === other || (other !== undefined && canonicalQuantity(one) === canonicalQuantity(other));
  });
}
