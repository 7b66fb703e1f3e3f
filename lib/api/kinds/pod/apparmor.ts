// AppArmor profiles of containers: a field, and the annotation that came before it. Pure.
// Rule: registry/core/pod strategy, applyAppArmorVersionSkew; core validation of profiles and annotations.
import {
  at,
  child,
  forbiddenField,
  invalidValue,
  notSupported,
  type Path,
  required,
  tooLong,
} from '../../field-errors.ts';
import type { AppArmorProfile, Pod, PodSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';
import type { Mutable } from '../object.ts';
import { containersAt } from '../warnings/containers.ts';

export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

/** Fields follow the annotations of those who still write these. */
export function takeAppArmorAnnotations(pod: Mutable<Pod>): void {
  const { metadata, spec } = pod;
  if (spec === undefined || spec.os?.name === 'windows') return;
  const ofPod = spec.securityContext?.appArmorProfile;
  const named: string[] = [];
  for (const list of [spec.initContainers, spec.containers, spec.ephemeralContainers]) {
    for (const container of list ?? []) {
      const annotation = metadata?.annotations?.[appArmorPrefix + container.name];
      if (annotation === undefined || container.securityContext?.appArmorProfile !== undefined) continue;
      const profile = profileOf(annotation);
      if (profile !== undefined && isSame(profile, ofPod)) continue;
      named.push(container.name);
      if (profile === undefined) continue;
      container.securityContext ??= {};
      container.securityContext.appArmorProfile = profile;
    }
  }
  if (named.length > 0) annotated.set(pod, named);
}

/** Containers of a new pod whose profile stood in an annotation alone: of these people are warned. */
export function annotatedIn(pod: object): readonly string[] {
  return annotated.get(pod) ?? [];
}
const annotated = new WeakMap<object, readonly string[]>(); // the object itself no longer shows it

/** Undefined where the annotation names none that may be. */
function profileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  if (!annotation.startsWith(localhost) || annotation === localhost) return undefined;
  const profile: AppArmorProfile = { type: 'Localhost', localhostProfile: annotation.slice(localhost.length) };
  return validateAppArmor(profile, '').length === 0 ? profile : undefined;
}
const localhost = 'localhost/';

export function validateAppArmor(profile: AppArmorProfile | undefined, path: Path): StatusCause[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const field = child(path, 'localhostProfile');
  if (!type) return [required(child(path, 'type'), 'type is required when appArmorProfile is set')];
  if (!types.includes(type)) return [notSupported(child(path, 'type'), type, types)];
  if (type !== 'Localhost') {
    if (localhostProfile === undefined) return [];
    return [invalidValue(field, localhostProfile, 'can only be set when AppArmor type is Localhost')];
  }
  const causes: StatusCause[] = [];
  if (localhostProfile !== undefined && localhostProfile.trim() !== localhostProfile) {
    causes.push(invalidValue(field, localhostProfile, 'must not be padded with whitespace'));
  } else if (!localhostProfile) causes.push(required(field, 'must be set when AppArmor type is Localhost'));
  if (Buffer.byteLength(localhostProfile ?? '') > longestPath) causes.push(tooLong(field, longestPath));
  return causes;
}
const types: readonly string[] = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const longestPath = 4095;

/** `path`: of the annotations. */
export function validateAppArmorAnnotations(
  annotations: Readonly<Record<string, string>>,
  spec: PodSpec,
  path: Path,
): StatusCause[] {
  const names = new Set(containersAt(spec, '').map(([{ name }]) => name));
  return Object.entries(annotations).flatMap(([key, value]) => {
    if (!key.startsWith(appArmorPrefix)) return [];
    const name = key.slice(appArmorPrefix.length);
    const causes = names.has(name) ? [] : [invalidValue(at(path, key), name, 'container not found')];
    if (['', 'runtime/default', 'unconfined'].includes(value) || value.startsWith(localhost)) return causes;
    return [...causes, invalidValue(at(path, key), value, `invalid AppArmor profile name: ${JSON.stringify(value)}`)];
  });
}

/** Who writes both must mean the same. `path`: of the spec. */
export function validateAppArmorMatch(
  annotations: Readonly<Record<string, string>> = {},
  spec: PodSpec,
  path: Path,
): StatusCause[] {
  if (spec.os?.name === 'windows') return [];
  return containersAt(spec, path).flatMap(([{ name, securityContext }, field]) => {
    const annotation = annotations[appArmorPrefix + name];
    const profile = securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
    if (annotation === undefined || profile === undefined) return [];
    return validateMatch(annotation, profile, child(field, 'securityContext', 'appArmorProfile'));
  });
}

function validateMatch(annotation: string, { type, localhostProfile }: AppArmorProfile, path: Path): StatusCause[] {
  const differs = [forbiddenField(child(path, 'type'), 'apparmor type in annotation and field must match')];
  switch (type) {
    case 'Unconfined':
      return annotation === 'unconfined' ? [] : differs;
    case 'RuntimeDefault':
      return annotation === 'runtime/default' ? [] : differs;
    case 'Localhost':
      if (!annotation.startsWith(localhost)) return differs;
      if (annotation.slice(localhost.length) === localhostProfile) return [];
      return [forbiddenField(child(path, 'localhostProfile'), 'apparmor profile in annotation and field must match')];
    default:
      return [];
  }
}
