// Seccomp profiles: a field, and the annotations that came before it. Pure.
// Rule: core validation validateSeccompProfileField, ValidateSeccompPodAnnotations, validateSeccompAnnotationsAndFields.
import { child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import type { PodSpec, SeccompProfile } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { containersAt } from '../warnings/containers.ts';
import { validateLocalDescent } from './validate-paths.ts';

type Annotations = Readonly<Record<string, string>>;

const ofPod = 'seccomp.security.alpha.kubernetes.io/pod';
const ofContainer = 'container.seccomp.security.alpha.kubernetes.io/';
const localhost = 'localhost/';
const types = ['Localhost', 'RuntimeDefault', 'Unconfined'];

export function validateSeccomp(profile: SeccompProfile | undefined, path: Path): StatusCause[] {
  if (profile === undefined) return [];
  const { type, localhostProfile: file } = profile;
  const field = child(path, 'localhostProfile');
  const causes: StatusCause[] = [];
  if (!type) causes.push(required(child(path, 'type'), 'type is required when seccompProfile is set'));
  else if (!types.includes(type)) causes.push(notSupported(child(path, 'type'), type, types));
  if (type === 'Localhost') {
    if (file === undefined) return [required(field, 'must be set when seccomp type is Localhost')];
    return validateLocalDescent(file, field);
  }
  if (file === undefined) return causes;
  return [...causes, invalidValue(field, profile, 'can only be set when seccomp type is Localhost')];
}

/** `path`: of the annotations. */
export function validateSeccompAnnotations(annotations: Annotations, path: Path): StatusCause[] {
  return Object.entries(annotations).flatMap(([key, profile]) => {
    if ((key !== ofPod && !key.startsWith(ofContainer)) || known.includes(profile)) return [];
    const field = child(path, key);
    if (!profile.startsWith(localhost)) return [invalidValue(field, profile, 'must be a valid seccomp profile')];
    return validateLocalDescent(profile.slice(localhost.length), field);
  });
}
const known: readonly string[] = ['runtime/default', 'docker/default', 'unconfined'];

/** Who writes both must mean the same. `path`: of the spec. */
export function validateSeccompMatch(annotations: Annotations = {}, spec: PodSpec, path: Path): StatusCause[] {
  const all = [
    [ofPod, spec.securityContext?.seccompProfile, path] as const,
    ...containersAt(spec, path).map(
      ([{ name, securityContext }, field]) => [ofContainer + name, securityContext?.seccompProfile, field] as const,
    ),
  ];
  return all.flatMap(([key, profile, field]) => {
    const annotation = annotations[key];
    if (annotation === undefined || profile === undefined) return [];
    return validateMatch(annotation, profile, child(field, 'securityContext', 'seccompProfile'));
  });
}

function validateMatch(annotation: string, { type, localhostProfile }: SeccompProfile, path: Path): StatusCause[] {
  const differs = [forbiddenField(child(path, 'type'), 'seccomp type in annotation and field must match')];
  switch (type) {
    case 'Unconfined':
      return annotation === 'unconfined' ? [] : differs;
    case 'RuntimeDefault':
      return annotation === 'runtime/default' || annotation === 'docker/default' ? [] : differs;
    case 'Localhost':
      if (!annotation.startsWith(localhost)) return differs;
      if (annotation.slice(localhost.length) === localhostProfile) return [];
      return [forbiddenField(child(path, 'localhostProfile'), 'seccomp profile in annotation and field must match')];
    default:
      return [];
  }
}
