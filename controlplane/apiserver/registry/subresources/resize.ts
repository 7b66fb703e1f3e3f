// What a resize may change of a pod. Pure.
import { at, child, forbiddenField, invalidValue, type Path } from '#lib/api/field-errors.ts';
import { isSame } from '#lib/api/kinds/equal.ts';
import { qosClassOf } from '#lib/api/kinds/pod/qos.ts';
import type { Container, Pod, ResourceRequirements } from '#lib/api/types/core.v1.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';

/** The pod with the resources and resize policies that `next` asks for, and nothing else of it. */
export function resized(next: Pod, previous: Pod): Pod {
  const spec = previous.spec!;
  return {
    ...previous,
    spec: {
      ...spec,
      containers: withResources(spec.containers ?? [], next.spec?.containers ?? []),
      ...(spec.initContainers === undefined
        ? {}
        : { initContainers: withResources(spec.initContainers, next.spec?.initContainers ?? []) }),
      ...(next.spec?.resources === undefined ? {} : { resources: next.spec.resources }),
    },
  };
}

function withResources(before: readonly Container[], asked: readonly Container[]): readonly Container[] {
  const byName = new Map(asked.map((container) => [container.name, container]));
  return before.map((container) => {
    const { resources, resizePolicy } = byName.get(container.name) ?? container;
    return { ...container, resources, resizePolicy };
  });
}

/** Rule: ValidatePodResize: only cpu and memory of running pods, nothing taken away, and never the class of service. */
export function wrongResize(next: Pod, previous: Pod): readonly StatusCause[] {
  const { phase } = previous.status ?? {};
  if (phase === 'Failed' || phase === 'Succeeded') {
    return [forbiddenField('metadata.name', 'pods in a terminal phase cannot be resized')];
  }
  const [spec, old] = [next.spec!, previous.spec!];
  if (previous.metadata.annotations?.[mirror] !== undefined)
    return [forbiddenField('', 'static pods cannot be resized')];
  if (old.os?.name === 'windows') return [forbiddenField('', 'windows pods cannot be resized')];
  const causes: StatusCause[] = [];
  if ((previous.status?.qosClass ?? qosClassOf(old)) !== qosClassOf(spec)) {
    const why = 'Pod QOS Class may not change as a result of resizing';
    causes.push(invalidValue('spec', previous.status?.qosClass ?? '', why));
  }
  const running = previous.status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  if (running !== undefined && running.resources === undefined) {
    causes.push(forbiddenField('spec', 'Pod running on node without support for resize'));
  }
  if ((previous.status?.nodeAllocatableResourceClaimStatuses ?? []).length > 0) {
    causes.push(forbiddenField('spec', 'pods with node allocatable resource claims cannot be resized'));
  }
  causes.push(...wrongWhole(spec.resources, old.resources));
  for (const [index, one] of (spec.initContainers ?? []).entries()) {
    const before = old.initContainers![index]!;
    const field = at('spec.initContainers', index);
    const why = 'only cpu and memory resources for init or sidecar containers are mutable';
    causes.push(...wrongChange(one.resources, before.resources, child(field, 'resources'), forbiddenField(field, why)));
    if (isSame(one, before) || one.restartPolicy === 'Always') continue;
    const restarts = (one.resizePolicy ?? []).filter(({ restartPolicy }) => restartPolicy === 'RestartContainer');
    const never = 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized';
    causes.push(...restarts.map(() => forbiddenField(field, never)));
  }
  for (const [index, { resources }] of (spec.containers ?? []).entries()) {
    const field = child(at('spec.containers', index), 'resources');
    const wrong = forbiddenField('spec', 'only cpu and memory resources are mutable');
    causes.push(...wrongChange(resources, old.containers[index]!.resources, field, wrong));
  }
  return causes;
}
const mirror = 'kubernetes.io/config.mirror';

/** Of the pod as a whole. */
function wrongWhole(next: ResourceRequirements | undefined, before: ResourceRequirements | undefined) {
  if (isSame(next, before)) return [];
  if (next === undefined) return [forbiddenField('spec.resources', 'pod-level resources cannot be removed')];
  const wrong = forbiddenField('spec', 'only cpu and memory resources are mutable at pod-level');
  return wrongChange(next, before, 'spec.resources', wrong, 'pod-level ');
}

/** `wrong`: what to say where more than cpu and memory has changed. */
function wrongChange(
  next: ResourceRequirements = {},
  before: ResourceRequirements = {},
  field: Path,
  wrong: StatusCause,
  of = '',
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  for (const list of ['requests', 'limits'] as const) {
    const gone = Object.keys(before[list] ?? {}).some((name) => next[list]?.[name] === undefined);
    if (gone) causes.push(forbiddenField(child(field, list), `${of}resource ${list} cannot be removed`));
  }
  const rest = ({ requests, limits, ...others }: ResourceRequirements) => ({
    ...others,
    requests: withoutResizable(requests),
    limits: withoutResizable(limits),
  });
  return isSame(rest(next), rest(before)) ? causes : [...causes, wrong];
}

function withoutResizable({ cpu: _cpu, memory: _memory, ...others }: Readonly<Record<string, string>> = {}) {
  return others;
}
