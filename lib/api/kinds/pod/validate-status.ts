// What the status of a pod may become. Pure. Rule: core validation ValidatePodStatusUpdate.
import { parseIp } from '#lib/ip.ts';
import { at, child, duplicate, forbiddenField, invalidValue, type Path } from '../../field-errors.ts';
import { wrongIp } from '../../ip.ts';
import { wrongDns1123Subdomain, wrongQualifiedName } from '../../names.ts';
import type { Container, ContainerStatus, Pod, PodStatus } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

export function validatePodStatus(next: Pod, previous: Pod): readonly StatusCause[] {
  const [status, old] = [next.status ?? {}, previous.status ?? {}];
  return [
    ...validateConditions(status),
    ...validateNominated(status, old),
    ...(old.qosClass && status.qosClass !== old.qosClass
      ? [invalidValue('status.qosClass', status.qosClass ?? '', 'field is immutable')]
      : []),
    ...validateEnds(next, status.containerStatuses, old.containerStatuses, 'status.containerStatuses'),
    ...validateEphemeralEnds(status, old),
    ...validateClaims(next),
    ...validateAddresses(status.podIPs ?? [], 'status.podIPs'),
    ...validateHostIps(status),
  ];
}

const own: readonly string[] = ['PodScheduled', 'Ready', 'Initialized'];

function validateConditions({ conditions = [] }: PodStatus): StatusCause[] {
  return conditions.flatMap(({ type }, index) => {
    if (own.includes(type)) return [];
    const field = child(at('metadata.conditions', index), 'Type');
    return wrongQualifiedName(type).map((message) => invalidValue(field, type, message));
  });
}

function validateNominated({ nominatedNodeName: name }: PodStatus, old: PodStatus): StatusCause[] {
  if (!name || name === old.nominatedNodeName) return [];
  return wrongDns1123Subdomain(name).map((message) => invalidValue('status.nominatedNodeName', name, message));
}

/** A container that has ended for good does not run again. */
function validateEnds(
  { spec }: Pod,
  now: readonly ContainerStatus[] = [],
  old: readonly ContainerStatus[] = [],
  path: Path,
): StatusCause[] {
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const restartsAll = all.some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  );
  if (restartsAll) return [];
  const ended = old.map(({ name, state }) => {
    const container = all.find((one) => one.name === name);
    const code = state?.terminated?.exitCode;
    return code !== undefined && !mayRunAgain(container, spec.restartPolicy ?? 'Always', code) ? name : undefined;
  });
  return backFrom(ended, now, path);
}

function mayRunAgain(container: Container | undefined, podPolicy: string, exitCode: number): boolean {
  if ((container?.restartPolicyRules ?? []).length > 0) return true;
  const policy = container?.restartPolicy ?? podPolicy;
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
    return [...causes, ...wrong.map((message) => invalidValue(field, resourceClaimName, message))];
  });
}

function validateAddresses(all: readonly { readonly ip?: string | undefined }[], path: Path): StatusCause[] {
  const texts = all.map(({ ip = '' }) => ip);
  const causes = texts.flatMap((ip, index) => wrongIp(ip).map((message) => invalidValue(at(path, index), ip, message)));
  if (texts.length < 2) return causes;
  const families = new Set(texts.map((ip) => parseIp(ip)?.family));
  if (families.size !== texts.length) {
    causes.push(invalidValue(path, all, 'may specify no more than one IP for each IP family'));
  }
  for (const [index, ip] of texts.entries()) {
    if (texts.indexOf(ip) !== index) causes.push(duplicate(at(path, index), all[index]));
  }
  return causes;
}

function validateHostIps({ hostIP, hostIPs = [] }: PodStatus): StatusCause[] {
  if (hostIPs.length === 0) return [];
  const path = 'status.hostIPs';
  const first = hostIPs[0]!.ip;
  const isFirst = first === hostIP;
  const other = isFirst ? [] : [invalidValue(child(at(path, 0), 'ip'), first, 'must be equal to `hostIP`')];
  return [...other, ...validateAddresses(hostIPs, path)];
}
