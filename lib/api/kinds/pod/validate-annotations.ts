// Annotations of pods that mean something. Rule: core validation, ValidatePodSpecificAnnotations and its updates.
import { at, forbiddenField, invalidValue, type Path } from '../../field-errors.ts';
import type { Pod, PodSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { appArmorPrefix, validateAppArmorAnnotations } from './apparmor.ts';
import type { PodLeniency } from './leniency.ts';
import { validateSeccompAnnotations } from './seccomp.ts';

type Annotations = Readonly<Record<string, string>>;

/** `path`: of the annotations, which have been seen to be ones. */
export function validatePodAnnotations(
  annotations: Annotations = {},
  spec: PodSpec,
  path: Path,
  { anyCost }: PodLeniency = {},
): StatusCause[] {
  const causes: StatusCause[] = [];
  if (annotations[mirror] !== undefined && !spec.nodeName) {
    const why = 'must set spec.nodeName if mirror pod annotation is set';
    causes.push(invalidValue(at(path, mirror), annotations[mirror], why));
  }
  if (!anyCost && !isCost(annotations[cost])) {
    causes.push(invalidValue(at(path, cost), annotations[cost], 'must be a 32bit integer'));
  }
  causes.push(...validateSeccompAnnotations(annotations, path));
  return [...causes, ...validateAppArmorAnnotations(annotations, spec, path)];
}

export const mirror = 'kubernetes.io/config.mirror';
export const cost = 'controller.kubernetes.io/pod-deletion-cost';

export function isCost(text: string | undefined): boolean {
  if (text === undefined) return true;
  return /^(-?[0-9]+)$/.test(text) && !/^0[0-9]/.test(text) && Math.abs(Number(text) + 0.5) < 2 ** 31;
}

export function validatePodAnnotationsUpdate(next: Pod, previous: Pod): StatusCause[] {
  const path = 'metadata.annotations';
  const [now, old] = [next.metadata.annotations ?? {}, previous.metadata.annotations ?? {}];
  const fixed = (key: string) => {
    if (key === mirror) return 'mirror pod annotation';
    return key.startsWith(appArmorPrefix) ? 'AppArmor annotations' : undefined;
  };
  const changed = Object.keys(old).flatMap((key) => {
    const what = old[key] === now[key] ? undefined : fixed(key);
    return what === undefined ? [] : [forbiddenField(at(path, key), `may not remove or update ${what}`)];
  });
  const added = Object.keys(now).flatMap((key) => {
    const what = old[key] === undefined ? fixed(key) : undefined;
    return what === undefined ? [] : [forbiddenField(at(path, key), `may not add ${what}`)];
  });
  const spec = next.spec ?? { containers: [] };
  return [...changed, ...added, ...validatePodAnnotations(now, spec, path, { anyCost: !isCost(old[cost]) })];
}
