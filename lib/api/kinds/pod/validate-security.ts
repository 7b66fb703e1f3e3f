// What pods and containers ask of the node's namespaces, users and kernel. Pure.
// Rule: core validation validatePodSpecSecurityContext, ValidateSecurityContext, validateHostUsers.
import { at, child, forbiddenField, invalidValue, notSupported, type Path } from '../../field-errors.ts';
import type { PodSpec, SecurityContext } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { containersAt } from '../warnings/containers.ts';
import { validateAppArmor } from './apparmor.ts';
import type { PodLeniency } from './leniency.ts';
import { validateSeccomp } from './seccomp.ts';
import { validateSysctls } from './sysctls.ts';
import { validateHostProcess, validateWindowsOptions } from './validate-windows.ts';

export function validatePodSecurity(spec: PodSpec, path: Path, leniency: PodLeniency): StatusCause[] {
  return [
    ...validateContext(spec, child(path, 'securityContext'), leniency),
    ...validateProcesses(spec, child(path, 'shareProcessNamespace')),
    ...validateHostProcess(spec, path),
    ...validateUsers(spec, path, leniency),
  ];
}

const choices = {
  fsGroupChangePolicy: ['Always', 'OnRootMismatch'],
  supplementalGroupsPolicy: ['Merge', 'Strict'],
  seLinuxChangePolicy: ['MountOption', 'Recursive'],
} as const;

function validateContext(spec: PodSpec, path: Path, { hostSysctls }: PodLeniency): StatusCause[] {
  const context = spec.securityContext;
  if (context === undefined) return [];
  const causes = validateIds(context, path, ['fsGroup', 'runAsUser', 'runAsGroup']);
  causes.push(
    ...validateGroups(context.supplementalGroups ?? [], child(path, 'supplementalGroups')),
    ...validateSysctls(spec, child(path, 'sysctls'), hostSysctls),
    ...validateSeccomp(context.seccompProfile, child(path, 'seccompProfile')),
    ...validateWindowsOptions(context.windowsOptions, child(path, 'windowsOptions')),
    ...validateAppArmor(context.appArmorProfile, child(path, 'appArmorProfile')),
  );
  for (const [field, among] of Object.entries(choices)) {
    const value = context[field as keyof typeof choices];
    if (value === undefined || (among as readonly string[]).includes(value)) continue;
    causes.push(notSupported(child(path, field), value, among));
  }
  return causes;
}

function validateProcesses({ shareProcessNamespace, hostPID }: PodSpec, path: Path): StatusCause[] {
  if (!shareProcessNamespace || !hostPID) return [];
  return [invalidValue(path, true, 'ShareProcessNamespace and HostPID cannot both be enabled')];
}

/** Users of its own go with no other namespace of the host. (The capitals are upstream's.) */
function validateUsers(spec: PodSpec, path: Path, { mappedHostNetwork, mappedDevices }: PodLeniency): StatusCause[] {
  if (spec.hostUsers !== false) return [];
  const why = 'when `hostUsers` is false';
  const causes: StatusCause[] = [];
  if (spec.hostNetwork && !mappedHostNetwork) causes.push(forbiddenField(child(path, 'hostNetwork'), why));
  if (spec.hostPID) causes.push(forbiddenField(child(path, 'HostPID'), why));
  if (spec.hostIPC) causes.push(forbiddenField(child(path, 'HostIPC'), why));
  if (mappedDevices) return causes;
  // A device's owner cannot be mapped as a file system's can.
  const withDevices = containersAt(spec, path).filter(([{ volumeDevices }]) => volumeDevices?.length);
  return [...causes, ...withDevices.map(([, field]) => forbiddenField(child(field, 'volumeDevices'), why))];
}

const procMounts = ['Default', 'Unmasked'];

export function validateContainerSecurity(
  context: SecurityContext | undefined,
  spec: PodSpec,
  path: Path,
): StatusCause[] {
  if (context === undefined) return [];
  const causes = validateIds(context, path, ['runAsUser', 'runAsGroup']);
  const { procMount } = context;
  const field = child(path, 'procMount');
  if (procMount !== undefined && !procMounts.includes(procMount)) {
    causes.push(notSupported(field, procMount, procMounts));
  } else if (procMount === 'Unmasked' && spec.hostUsers !== false) {
    causes.push(invalidValue(field, procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  causes.push(...validateSeccomp(context.seccompProfile, child(path, 'seccompProfile')));
  if (context.allowPrivilegeEscalation === false) {
    const why = 'cannot set `allowPrivilegeEscalation` to false and';
    if (context.privileged) causes.push(invalidValue(path, context, `${why} \`privileged\` to true`));
    const admins = (context.capabilities?.add ?? []).filter((name) => name === 'CAP_SYS_ADMIN');
    causes.push(...admins.map((name) => invalidValue(path, context, `${why} \`capabilities.Add\` ${name}`)));
  }
  return [
    ...causes,
    ...validateWindowsOptions(context.windowsOptions, child(path, 'windowsOptions')),
    ...validateAppArmor(context.appArmorProfile, child(path, 'appArmorProfile')),
  ];
}

const idRange = 'must be between 0 and 2147483647, inclusive';

export function validateIds<K extends string>(
  context: { readonly [key in K]?: number | undefined },
  path: Path,
  fields: readonly K[],
): StatusCause[] {
  return fields
    .filter((field) => context[field] !== undefined && !isId(context[field]))
    .map((field) => invalidValue(child(path, field), context[field], idRange));
}

export function validateGroups(groups: readonly number[], path: Path): StatusCause[] {
  return groups.flatMap((group, index) => (isId(group) ? [] : [invalidValue(at(path, index), group, idRange)]));
}

function isId(id: number): boolean {
  return id >= 0 && id <= 2_147_483_647;
}
