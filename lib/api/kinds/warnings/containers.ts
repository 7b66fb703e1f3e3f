import { at, child, type Path } from '../../field-errors.ts';
import type { Container, EnvVar, EphemeralContainer, PodSpec } from '../../types/core.v1.ts';
import { fractionWarnings } from './amounts.ts';

type AnyContainer = Container | EphemeralContainer;

/** All containers and where they stand, in the order in which they are looked at. */
export function containersAt(spec: PodSpec, path: Path): (readonly [AnyContainer, Path])[] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, index) => [container, at(child(path, list), index)] as const),
  );
}

const seccompOfPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompOfContainer = 'container.seccomp.security.alpha.kubernetes.io/';
const apparmorOfContainer = 'container.apparmor.security.beta.kubernetes.io/';
const seccompField = 'non-functional in v1.27+; use the "seccompProfile" field instead';

/** `path`: of the annotations. */
export function appArmorWarning(container: string, path: Path): string {
  return `${at(path, apparmorOfContainer + container)}: deprecated since v1.30; use the "appArmorProfile" field instead`;
}

/** `path`: of what holds metadata and spec; empty for a pod. */
export function containerWarnings(spec: PodSpec, annotations: Readonly<Record<string, string>>, path: Path): string[] {
  const noted = (key: string) => at(child(path, 'metadata', 'annotations'), key);
  const warnings: string[] = [];
  if (spec.securityContext?.seccompProfile === undefined && annotations[seccompOfPod] !== undefined) {
    warnings.push(`${noted(seccompOfPod)}: ${seccompField}`);
  }
  for (const [container, field] of containersAt(spec, child(path, 'spec'))) {
    const { name, resources, securityContext } = container;
    const seccomp = seccompOfContainer + name;
    if (securityContext?.seccompProfile === undefined && annotations[seccomp] !== undefined) {
      warnings.push(`${noted(seccomp)}: ${seccompField}`);
    }
    const apparmor = apparmorOfContainer + name;
    const hasField = (securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile) !== undefined;
    if (annotations[apparmor] !== undefined && !hasField) {
      warnings.push(appArmorWarning(name, child(path, 'metadata', 'annotations')));
    }
    for (const bytes of ['memory', 'ephemeral-storage']) {
      warnings.push(...fractionWarnings(resources?.limits, [bytes], child(field, 'resources', 'limits')));
      warnings.push(...fractionWarnings(resources?.requests, [bytes], child(field, 'resources', 'requests')));
    }
    warnings.push(...envWarnings(container.env ?? [], child(field, 'env')));
  }
  return warnings;
}

/** A variable may be built upon an earlier one of its name, but not hide it. */
function envWarnings(env: readonly EnvVar[], path: Path): string[] {
  const taken = new Set<string>();
  return env.flatMap(({ name, value = '', valueFrom }, index) => {
    const isNew = !taken.has(name);
    taken.add(name);
    const reference = `$(${name})`;
    if (isNew || (valueFrom === undefined && value !== reference && value.includes(reference))) return [];
    return [`${at(path, index)}: hides previous definition of "${name}", which may be dropped when using apply`];
  });
}
