// What nodes tell of single containers: whom they run as, and the health of their devices. Pure.
// Rule: core validation validateContainerStatusUsers, validateContainerStatusAllocatedResourcesStatus.
import {
  at,
  child,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  type Path,
  required,
  tooLong,
} from '../../field-errors.ts';
import type { Container, ContainerStatus, Pod, ResourceStatus } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateGroups, validateIds } from './validate-security.ts';

export function validateContainerStatuses({ spec, status }: Pod): StatusCause[] {
  const system = spec?.os?.name ?? 'linux';
  const lists = [
    ['containerStatuses', spec?.containers],
    ['initContainerStatuses', spec?.initContainers],
    ['ephemeralContainerStatuses', undefined],
  ] as const;
  return lists.flatMap(([list, containers]) =>
    (status?.[list] ?? []).flatMap((one, index) => {
      const field = at(`status.${list}`, index);
      const users = validateUser(one, system, child(field, 'user', 'linux'));
      return [...users, ...validateHealth(one, containers, child(field, 'allocatedResourcesStatus'))];
    }),
  );
}

function validateUser({ user }: ContainerStatus, system: string, path: Path): StatusCause[] {
  const linux = user?.linux;
  if (linux === undefined) return [];
  if (system === 'windows') return [forbiddenField(path, 'cannot be set for a windows pod')];
  return [
    ...validateIds(linux, path, ['uid', 'gid']),
    ...validateGroups(linux.supplementalGroups ?? [], child(path, 'supplementalGroups')),
  ];
}

/** `containers`: absent where containers have no resources of their own. */
function validateHealth(
  { name, allocatedResourcesStatus: all = [] }: ContainerStatus,
  containers: readonly Container[] | undefined,
  path: Path,
): StatusCause[] {
  if (containers === undefined) {
    return all.length === 0 ? [] : [forbiddenField(path, 'must not be specified in container status')];
  }
  const container = containers.find((one) => one.name === name);
  return all.flatMap((resource, index) => {
    const field = at(path, index);
    const why = container && wrongResource(resource.name ?? '', container);
    return [
      ...(why === undefined ? [] : [invalidValue(child(field, 'name'), resource.name, why)]),
      ...validateDevices(resource, child(field, 'resources')),
    ];
  });
}

function wrongResource(name: string, { resources }: Container): string | undefined {
  if (!name.startsWith('claim:')) {
    const isKnown = resources?.requests?.[name] !== undefined;
    return isKnown ? undefined : "must match one of the container's resource requests";
  }
  const claims = (resources?.claims ?? []).map((one) => `claim:${one.name}${one.request ? `/${one.request}` : ''}`);
  if (claims.includes(name)) return undefined;
  return "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
}

const healths = ['Healthy', 'Unhealthy', 'Unknown'];
const longestMessage = 1024;

function validateDevices({ resources = [] }: ResourceStatus, path: Path): StatusCause[] {
  const seen = new Set<string>();
  return resources.flatMap(({ resourceID, health, message }, index) => {
    const field = at(path, index);
    const causes: StatusCause[] = [];
    if (!healths.includes(health ?? '')) causes.push(notSupported(child(field, 'health'), health ?? '', healths));
    if (message === '') causes.push(required(child(field, 'message'), 'must be non-empty if specified'));
    if (Buffer.byteLength(message ?? '') > longestMessage)
      causes.push(tooLong(child(field, 'message'), longestMessage));
    if (seen.has(resourceID)) causes.push(duplicate(child(field, 'resourceID'), resourceID));
    seen.add(resourceID);
    return causes;
  });
}
