import {
  at,
  child,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  type Path,
  required,
} from '../../field-errors.ts';
import type { PodSpec, SeccompProfile, SecurityContext, Sysctl } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateAppArmor } from './apparmor.ts';

/** What the pod as a whole asks of the node's namespaces, users and kernel. */
export function validatePodSecurity(spec: PodSpec, path: Path): StatusCause[] {
  const context = spec.securityContext;
  const field = child(path, 'securityContext');
  if (context === undefined) return validateUsers(spec, path);
  const causes = [
    ...validateIds(context, field, ['fsGroup', 'runAsUser', 'runAsGroup']),
    ...validateSeccomp(context.seccompProfile, child(field, 'seccompProfile')),
    ...validateAppArmor(context.appArmorProfile, child(field, 'appArmorProfile')),
    ...validateSysctls(context.sysctls ?? [], child(field, 'sysctls')),
  ];
  for (const [index, group] of (context.supplementalGroups ?? []).entries()) {
    if (!isId(group)) causes.push(invalidValue(at(child(field, 'supplementalGroups'), index), group, idRange));
  }
  if (spec.shareProcessNamespace && spec.hostPID) {
    causes.push(
      invalidValue(
        child(field, 'shareProcessNamespace'),
        true,
        'ShareProcessNamespace and HostPID cannot both be enabled',
      ),
    );
  }
  causes.push(...validateUsers(spec, path));
  if (
    context.fsGroupChangePolicy !== undefined &&
    !['Always', 'OnRootMismatch'].includes(context.fsGroupChangePolicy)
  ) {
    causes.push(
      notSupported(child(field, 'fsGroupChangePolicy'), context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']),
    );
  }
  const { supplementalGroupsPolicy } = context;
  if (supplementalGroupsPolicy !== undefined && !['Merge', 'Strict'].includes(supplementalGroupsPolicy)) {
    const among = ['Merge', 'Strict'];
    causes.push(notSupported(child(field, 'supplementalGroupsPolicy'), supplementalGroupsPolicy, among));
  }
  return causes;
}

/** Users of its own go with no other namespace of the host. */
function validateUsers(spec: PodSpec, path: Path): StatusCause[] {
  if (spec.hostUsers !== false) return [];
  return (['hostNetwork', 'hostPID', 'hostIPC'] as const)
    .filter((host) => spec[host])
    .map((host) => forbiddenField(child(path, host), 'when `hostUsers` is false'));
}

export function validateContainerSecurity(
  context: SecurityContext | undefined,
  spec: PodSpec,
  path: Path,
): StatusCause[] {
  if (context === undefined) return [];
  const causes = [
    ...validateIds(context, path, ['runAsUser', 'runAsGroup']),
    ...validateSeccomp(context.seccompProfile, child(path, 'seccompProfile')),
    ...validateAppArmor(context.appArmorProfile, child(path, 'appArmorProfile')),
  ];
  if (context.procMount !== undefined && !['Default', 'Unmasked'].includes(context.procMount)) {
    causes.push(notSupported(child(path, 'procMount'), context.procMount, ['Default', 'Unmasked']));
  } else if (context.procMount === 'Unmasked' && spec.hostUsers !== false) {
    causes.push(invalidValue(child(path, 'procMount'), 'Unmasked', '`hostUsers` must be false to use `Unmasked`'));
  }
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged) {
      causes.push(
        invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'),
      );
    }
    if ((context.capabilities?.add ?? []).some((name) => name === 'CAP_SYS_ADMIN')) {
      const detail = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
      causes.push(invalidValue(path, context, detail));
    }
  }
  return causes;
}

const idRange = 'must be between 0 and 2147483647, inclusive';

function validateIds<K extends string>(
  context: { readonly [key in K]?: number | undefined },
  path: Path,
  fields: readonly K[],
): StatusCause[] {
  return fields
    .filter((field) => context[field] !== undefined && !isId(context[field]))
    .map((field) => invalidValue(child(path, field), context[field], idRange));
}

function isId(id: number): boolean {
  return id >= 0 && id <= 2_147_483_647;
}

function validateSeccomp(profile: SeccompProfile | undefined, path: Path): StatusCause[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const field = child(path, 'localhostProfile');
  if (!type) return [required(child(path, 'type'), 'type is required when seccompProfile is set')];
  if (type === 'Localhost') {
    if (localhostProfile === undefined) return [required(field, 'must be set when seccomp type is Localhost')];
    if (localhostProfile.startsWith('/')) return [invalidValue(field, localhostProfile, 'must be a relative path')];
    if (localhostProfile.split('/').includes('..'))
      return [invalidValue(field, localhostProfile, "must not contain '..'")];
    return [];
  }
  const causes: StatusCause[] = [];
  if (localhostProfile !== undefined) {
    causes.push(invalidValue(field, localhostProfile, 'can only be set when seccomp type is Localhost'));
  }
  const types = ['Localhost', 'RuntimeDefault', 'Unconfined'];
  if (!types.includes(type)) causes.push(notSupported(child(path, 'type'), type, types));
  return causes;
}

function validateSysctls(sysctls: readonly Sysctl[], path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  for (const [index, { name }] of sysctls.entries()) {
    const field = child(at(path, index), 'name');
    if (!name) causes.push(required(field));
    else if (name.length > 253 || !sysctlForm.test(name)) {
      causes.push(invalidValue(field, name, `must have at most 253 characters and match regex ${sysctlForm.source}`));
    } else if (names.has(name)) causes.push(duplicate(field, name));
    names.add(name);
  }
  return causes;
}
const sysctlForm = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
