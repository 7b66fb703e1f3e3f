// What the status of a pod may become. Pure. Rule: core validation ValidatePodStatusUpdate.
import { parseIp } from '#lib/ip.ts';
import { at, child, duplicate, forbiddenField, invalidValue, type Path, required } from '../../field-errors.ts';
import { wrongIp } from '../../ip.ts';
import { wrongDns1123Label, wrongDns1123Subdomain, wrongQualifiedName } from '../../names.ts';
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validatePodAnnotationsUpdate } from './validate-annotations.ts';
import { validateContainerStatuses } from './validate-container-status.ts';

export function validatePodStatus(next: Pod, previous: Pod): readonly StatusCause[] {
  const [status, old] = [next.status ?? {}, previous.status ?? {}];
  const spec = previous.spec ?? { containers: [] };
  return [
    ...validatePodAnnotationsUpdate(next, previous),
    ...validateConditions(status),
    ...validateNominated(status, old, spec),
    ...validateGeneration(status.observedGeneration, 'status'),
    ...(old.qosClass && status.qosClass !== old.qosClass
      ? [invalidValue('status.qosClass', status.qosClass ?? '', 'field is immutable')]
      : []),
    ...validateEnds(spec, 'containers', 'containerStatuses', status, old),
    ...validateEnds(spec, 'initContainers', 'initContainerStatuses', status, old),
    ...validateEphemeralEnds(status, old),
    ...validateClaims(next),
    ...validateExtended(next),
    ...validateAddresses(status.podIPs ?? [], old.podIPs ?? [], 'status.podIPs'),
    ...validateHostIps(status, old),
    ...validateContainerStatuses(next),
  ];
}

const own: readonly string[] = ['PodScheduled', 'Ready', 'Initialized'];

function validateConditions({ conditions = [] }: PodStatus): StatusCause[] {
  return conditions.flatMap(({ type = '', observedGeneration }, index) => {
    const path = at('status.conditions', index);
    const causes = validateGeneration(observedGeneration, path);
    if (own.includes(type)) return causes;
    return [...causes, ...wrongQualifiedName(type).map((message) => invalidValue(child(path, 'Type'), type, message))];
  });
}

function validateGeneration(generation: number | undefined, path: Path): StatusCause[] {
  if ((generation ?? 0) >= 0) return [];
  return [invalidValue(child(path, 'observedGeneration'), generation, 'must be a non-negative integer')];
}

function validateNominated({ nominatedNodeName: name }: PodStatus, old: PodStatus, spec: PodSpec): StatusCause[] {
  const path = 'status.nominatedNodeName';
  if (!name || name === old.nominatedNodeName) return [];
  const causes = wrongDns1123Subdomain(name).map((message) => invalidValue(path, name, message));
  if (!spec.nodeName) return causes;
  return [...causes, forbiddenField(path, 'may not be set on pods that are already bound to a node')];
}

/** A container that has ended for good does not run again. */
function validateEnds(
  spec: PodSpec,
  list: 'containers' | 'initContainers',
  field: 'containerStatuses' | 'initContainerStatuses',
  { [field]: now = [] }: PodStatus,
  { [field]: old = [] }: PodStatus,
): StatusCause[] {
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const restartsAll = all.some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  );
  if (restartsAll) return [];
  const ended = old.map(({ name, state }) => {
    const container = spec[list]?.find((one) => one.name === name);
    const code = state?.terminated?.exitCode;
    const isEnded = state?.terminated !== undefined;
    return isEnded && !mayRunAgain(container, spec.restartPolicy ?? 'Always', code ?? 0) ? name : undefined;
  });
  return backFrom(ended, now, `status.${field}`);
}

/** Rule: ContainerShouldRestart: a rule that fits, else the container's policy, else the pod's. */
function mayRunAgain(container: Container | undefined, podPolicy: string, exitCode: number): boolean {
  if (container === undefined) return false;
  const { restartPolicy, restartPolicyRules = [] } = container;
  const fits = restartPolicyRules.some(({ exitCodes }) => {
    const isListed = exitCodes?.values?.includes(exitCode) ?? false;
    return exitCodes?.operator === 'NotIn' ? !isListed : isListed;
  });
  if (fits) return true;
  const policy = restartPolicy ?? podPolicy;
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** Ephemeral containers run once, whatever the pod says. */
function validateEphemeralEnds(status: PodStatus, old: PodStatus): StatusCause[] {
  const ended = (old.ephemeralContainerStatuses ?? []).map(({ name, state }) => (state?.terminated ? name : undefined));
  return backFrom(ended, status.ephemeralContainerStatuses ?? [], 'status.ephemeralContainerStatuses');
}

function backFrom(ended: readonly (string | undefined)[], now: readonly ContainerStatus[], path: Path): StatusCause[] {
  return ended.flatMap((name, index) => {
    const isBack = now.some((one) => one.name === name && one.state?.terminated === undefined);
    const why = 'may not be transitioned to non-terminated state';
    return name !== undefined && isBack ? [forbiddenField(child(at(path, index), 'state'), why)] : [];
  });
}

function validateClaims({ spec, status }: Pod): StatusCause[] {
  const path = 'status.resourceClaimStatuses';
  const seen = new Set<string>();
  return (status.resourceClaimStatuses ?? []).flatMap(({ name, resourceClaimName }, index) => {
    const field = child(at(path, index), 'name');
    const isKnown = spec.resourceClaims?.some((one) => one.name === name);
    const causes = isKnown
      ? []
      : [invalidValue(field, name, 'must match the name of an entry in `spec.resourceClaims`')];
    if (seen.has(name)) causes.push(duplicate(field, name));
    seen.add(name);
    const wrong = resourceClaimName === undefined ? [] : wrongDns1123Subdomain(resourceClaimName);
    const where = child(at(path, index), 'resourceClaimName');
    return [...causes, ...wrong.map((message) => invalidValue(where, resourceClaimName, message))];
  });
}

/** The claim that was made for what containers request of extended resources. Rule: KEP-5004. */
function validateExtended({ spec, status }: Pod): StatusCause[] {
  const path = 'status.extendedResourceClaimStatus';
  const { requestMappings = [], resourceClaimName } = status?.extendedResourceClaimStatus ?? {};
  if (status?.extendedResourceClaimStatus === undefined) return [];
  const list = child(path, 'requestMappings');
  const causes = requestMappings.length > 0 ? [] : [required(list, 'at least one request mapping is required')];
  const containers = new Map(
    [...(spec.initContainers ?? []), ...(spec.containers ?? [])].map((one) => [one.name, one.resources?.requests]),
  );
  const seen = new Set<string>();
  for (const [index, mapping] of requestMappings.entries()) {
    const field = at(list, index);
    const { containerName, resourceName, requestName } = mapping;
    if (!containers.has(containerName)) {
      const why = 'must match the name of an entry in spec.initContainers.name or spec.containers.name';
      causes.push(invalidValue(child(field, 'containerName'), containerName, why));
    } else if (containers.get(containerName)?.[resourceName] === undefined) {
      const why =
        'must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests';
      causes.push(invalidValue(child(field, 'resourceName'), resourceName, why));
    }
    const wrong = wrongDns1123Label(requestName ?? '');
    causes.push(...wrong.map((message) => invalidValue(child(path, 'requestName'), requestName ?? '', message)));
    const names = ['containerName', 'resourceName', 'requestName'] as const;
    const key = JSON.stringify(names.map((name) => mapping[name]));
    if (seen.has(key)) causes.push(...names.map((name) => duplicate(child(field, name), mapping[name])));
    seen.add(key);
  }
  const field = child(path, 'resourceClaimName');
  if (!resourceClaimName) return [...causes, required(field)];
  const wrong = wrongDns1123Subdomain(resourceClaimName);
  return [...causes, ...wrong.map((message) => invalidValue(field, resourceClaimName, message))];
}

interface Address {
  readonly ip?: string | undefined;
}

/** One of each family at most; what was stored once stays, whatever it looks like. */
function validateAddresses(all: readonly Address[], old: readonly Address[], path: Path): StatusCause[] {
  const causes = all.flatMap(({ ip = '' }, index) => {
    if (old.some((one) => one.ip === ip)) return [];
    return wrongIp(ip).map((message) => invalidValue(at(path, index), ip, message));
  });
  const families = new Set(all.map(({ ip = '' }) => parseIp(ip)?.family));
  if (all.length < 2 || families.size === all.length) return causes;
  return [...causes, invalidValue(path, all, 'may specify no more than one IP for each IP family')];
}

function validateHostIps({ hostIP, hostIPs = [] }: PodStatus, old: PodStatus): StatusCause[] {
  if (hostIPs.length === 0) return [];
  const path = 'status.hostIPs';
  const first = hostIPs[0]!.ip;
  const isFirst = first === hostIP;
  const other = isFirst ? [] : [invalidValue(child(at(path, 0), 'ip'), first, 'must be equal to `hostIP`')];
  return [...other, ...validateAddresses(hostIPs, old.hostIPs ?? [], path)];
}
