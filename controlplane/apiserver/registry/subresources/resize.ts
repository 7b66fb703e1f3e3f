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
  for (const [index, one] of (spec.initContainers ?? []).entries()) {
    const before = old.initContainers![index]!;
    if (one.restartPolicy === 'Always') {
      causes.push(...wrongChange(one.resources, before.resources, at('spec.initContainers', index), 'sidecar'));
    } else if (!isSame(one.resources, before.resources) || !isSame(one.resizePolicy, before.resizePolicy)) {
      causes.push(forbiddenField('spec', 'resources for non-sidecar init containers are immutable'));
    }
  }
  for (const [index, { resources }] of (spec.containers ?? []).entries()) {
    causes.push(...wrongChange(resources, old.containers[index]!.resources, at('spec.containers', index)));
  }
  return [...causes, ...wrongChange(spec.resources, old.resources, 'spec')];
}
const mirror = 'kubernetes.io/config.mirror';

function wrongChange(
  next: ResourceRequirements = {},
  before: ResourceRequirements = {},
  holder: Path,
  kind?: 'sidecar',
): readonly StatusCause[] {
  const field = child(holder, 'resources');
  const causes: StatusCause[] = [];
  for (const list of ['requests', 'limits'] as const) {
    const gone = Object.keys(before[list] ?? {}).some((name) => next[list]?.[name] === undefined);
    if (gone) causes.push(forbiddenField(child(field, list), `resource ${list} cannot be removed`));
  }
  const rest = ({ requests, limits, ...others }: ResourceRequirements) => ({
    ...others,
    requests: withoutResizable(requests),
    limits: withoutResizable(limits),
  });
  if (causes.length > 0 || isSame(rest(next), rest(before))) return causes;
  const of = kind === undefined ? '' : ' for sidecar containers';
  return [forbiddenField('spec', `only cpu and memory resources${of} are mutable`)];
}

function withoutResizable({ cpu: _cpu, memory: _memory, ...others }: Readonly<Record<string, string>> = {}) {
  return others;
}
