// What may change in a Pod that exists. Rule: core validation ValidatePodUpdate and its subresources.
import { at, child, forbiddenField, invalidValue, type Path } from '../../field-errors.ts';
import type { Container, Pod, PodSpec, Toleration } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';
import { validatePodSpec } from './validate.ts';
import { validatePodAnnotationsUpdate } from './validate-annotations.ts';

const onlyThese =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function validatePodUpdate(next: Pod, previous: Pod): readonly StatusCause[] {
  const spec = next.spec ?? { containers: [] };
  const old = previous.spec ?? { containers: [] };
  const causes = [...validatePodAnnotationsUpdate(next, previous), ...validatePodSpec(spec, 'spec')];
  if ((spec.containers ?? []).length !== (old.containers ?? []).length) {
    return [...causes, forbiddenField('spec.containers', 'pod updates may not add or remove containers')];
  }
  if ((spec.initContainers ?? []).length !== (old.initContainers ?? []).length) {
    return [...causes, forbiddenField('spec.initContainers', 'pod updates may not add or remove containers')];
  }
  causes.push(...validateDeadline(spec, old), ...validateAddedTolerations(spec, old), ...validateGates(spec, old));
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
    ...((old.schedulingGates ?? []).length > 0 ? gated(next, old) : {}),
  };
}

/** As long as a pod is held back from scheduling, its demands on nodes may become narrower. */
function gated(next: PodSpec, old: PodSpec): Partial<PodSpec> {
  const kept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => next.nodeSelector?.[key] === value);
  const isFree = old.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution === undefined;
  return {
    ...(kept ? { nodeSelector: old.nodeSelector } : {}),
    ...(isFree ? { affinity: old.affinity } : {}),
  };
}

function withImages(next: readonly Container[], old: readonly Container[]): readonly Container[] {
  return next.map((container, index) => ({ ...container, image: old[index]?.image }));
}

function validateDeadline(
  { activeDeadlineSeconds: next }: PodSpec,
  { activeDeadlineSeconds: old }: PodSpec,
): StatusCause[] {
  const field = 'spec.activeDeadlineSeconds';
  if (old === undefined) return [];
  if (next === undefined) return [invalidValue(field, next, 'must not update from a positive integer to nil value')];
  if (next > old) return [invalidValue(field, next, 'must be less than or equal to previous value')];
  return [];
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
  return (next.schedulingGates ?? [])
    .filter(({ name }) => !had.has(name))
    .map(({ name }, index) => {
      const field = at('spec.schedulingGates', index);
      return forbiddenField(field, `only deletion is allowed, but found new scheduling gate '${name}'`);
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
  const causes = validatePodSpec(next.spec ?? { containers: [] }, 'spec');
  const now = new Map((next.spec?.ephemeralContainers ?? []).map((container) => [container.name, container]));
  for (const [index, old] of (previous.spec?.ephemeralContainers ?? []).entries()) {
    const other = now.get(old.name);
    if (other === undefined)
      causes.push(
        forbiddenField(path, `existing ephemeral containers ${JSON.stringify(old.name)} may not be removed\n`),
      );
    else if (!isSame(other, old)) {
      causes.push(
        forbiddenField(
          at(path, index),
          `existing ephemeral containers ${JSON.stringify(old.name)} may not be changed\n`,
        ),
      );
    }
  }
  return causes;
}
