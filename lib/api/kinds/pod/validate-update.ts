// What may change in a Pod that exists. Rule: core validation ValidatePodUpdate and its subresources.
import { at, child, forbiddenField, invalidValue, type Path } from '../../field-errors.ts';
import type { Container, Pod, PodSpec, Toleration } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';
import { leniencyOf } from './leniency-of.ts';
import { validateWholePod } from './validate.ts';
import { mirror, validatePodAnnotationsUpdate } from './validate-annotations.ts';
import { narrowed, validateNarrowing } from './validate-narrowing.ts';

const onlyThese =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function validatePodUpdate(next: Pod, previous: Pod): readonly StatusCause[] {
  const spec = next.spec ?? { containers: [] };
  const old = previous.spec ?? { containers: [] };
  const causes = [
    ...validateWholePod(spec, next.metadata, leniencyOf(previous)),
    ...validatePodAnnotationsUpdate(next, previous),
  ];
  for (const list of ['containers', 'initContainers'] as const) {
    if ((spec[list] ?? []).length === (old[list] ?? []).length) continue;
    return [...causes, forbiddenField(child('spec', list), 'pod updates may not add or remove containers')];
  }
  const { activeDeadlineSeconds: deadline } = old;
  if (deadline !== undefined && (spec.activeDeadlineSeconds ?? 0) > deadline) {
    const why = 'must be less than or equal to previous value';
    return [...causes, invalidValue('spec.activeDeadlineSeconds', spec.activeDeadlineSeconds, why)];
  }
  if (deadline !== undefined && spec.activeDeadlineSeconds === undefined) {
    const why = 'must not update from a positive integer to nil value';
    causes.push(invalidValue('spec.activeDeadlineSeconds', undefined, why));
  }
  causes.push(...validateAddedTolerations(spec, old), ...validateGates(spec, old));
  if ((old.schedulingGates ?? []).length > 0) causes.push(...validateNarrowing(spec, old));
  const same = unchangeable(spec, old);
  if (!isSame(same, old)) causes.push(forbiddenField('spec', `${onlyThese}\n${differences(same, old).join('\n')}`));
  return causes;
}

/** `next` with everything that may change put back: what then differs must not. */
function unchangeable(next: PodSpec, old: PodSpec): PodSpec {
  const grace = old.terminationGracePeriodSeconds;
  const mayShorten = (grace ?? 0) < 0 && next.terminationGracePeriodSeconds === 1;
  return {
    ...next,
    containers: withImages(next.containers ?? [], old.containers ?? []),
    initContainers: withImages(next.initContainers ?? [], old.initContainers ?? []),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    schedulingGates: old.schedulingGates,
    ...(mayShorten ? { terminationGracePeriodSeconds: grace } : {}),
    ...((old.schedulingGates ?? []).length > 0 ? narrowed(next, old) : {}),
  };
}

function withImages(next: readonly Container[], old: readonly Container[]): readonly Container[] {
  return next.map((container, index) => ({ ...container, image: old[index]?.image }));
}

function validateAddedTolerations(next: PodSpec, old: PodSpec): StatusCause[] {
  const now = next.tolerations ?? [];
  const plain = ({ tolerationSeconds: _, ...rest }: Toleration) => rest;
  const isKept = (old.tolerations ?? []).every((one) => now.some((other) => isSame(plain(one), plain(other))));
  if (isKept) return [];
  return [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

function validateGates(next: PodSpec, old: PodSpec): StatusCause[] {
  const had = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  return (next.schedulingGates ?? []).flatMap(({ name }, index) => {
    if (had.has(name)) return [];
    const field = child(at('spec.schedulingGates', index), 'name');
    return [forbiddenField(field, `only deletion is allowed, but found new scheduling gate '${name}'`)];
  });
}

/** The fields that differ, one a line. */
function differences(next: unknown, old: unknown, path: Path = 'spec'): readonly string[] {
  if (isSame(next, old)) return [];
  if (!isObject(next) || !isObject(old)) return [`${path}: ${shown(old)} -> ${shown(next)}`];
  const keys = new Set([...Object.keys(old), ...Object.keys(next)]);
  return [...keys].flatMap((key) => {
    const where = Array.isArray(next) ? at(path, key) : child(path, key);
    return differences(next[key], old[key], where);
  });
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'absent';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Only additions: what has been started cannot be taken back. Rule: ValidatePodEphemeralContainersUpdate. */
export function validateEphemeralContainersUpdate(next: Pod, previous: Pod): readonly StatusCause[] {
  const path = 'spec.ephemeralContainers';
  if (previous.metadata.annotations?.[mirror] !== undefined) {
    return [forbiddenField('', 'static pods do not support ephemeral containers')];
  }
  const causes = [
    ...validateWholePod(next.spec ?? { containers: [] }, next.metadata, leniencyOf(previous)),
    ...validatePodAnnotationsUpdate(next, previous),
  ];
  const now = new Map((next.spec?.ephemeralContainers ?? []).map((container) => [container.name, container]));
  for (const old of previous.spec?.ephemeralContainers ?? []) {
    const other = now.get(old.name);
    if (isSame(other, old)) continue;
    const what = other === undefined ? 'removed' : 'changed';
    const why = `existing ephemeral containers ${JSON.stringify(old.name)} may not be ${what}\n`;
    causes.push(forbiddenField(path, why));
  }
  return causes;
}
