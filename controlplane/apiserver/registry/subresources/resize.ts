import { forbiddenField } from '#lib/api/field-errors.ts';
import type { Container, Pod } from '#lib/api/types/core.v1.ts';
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

/** Rule: ValidatePodResize: only cpu and memory of running pods, and never the class of service. */
export function wrongResize(next: Pod, previous: Pod): readonly StatusCause[] {
  const { phase } = previous.status ?? {};
  if (phase === 'Failed' || phase === 'Succeeded') {
    return [forbiddenField('metadata.name', 'pods in a terminal phase cannot be resized')];
  }
  const causes: StatusCause[] = [];
  for (const [i, container] of (next.spec?.containers ?? []).entries()) {
    const before = previous.spec?.containers?.[i]?.resources;
    for (const list of ['limits', 'requests'] as const) {
      const names = new Set([...Object.keys(before?.[list] ?? {}), ...Object.keys(container.resources?.[list] ?? {})]);
      for (const name of names) {
        if (name === 'cpu' || name === 'memory' || before?.[list]?.[name] === container.resources?.[list]?.[name])
          continue;
        causes.push(
          forbiddenField(`spec.containers[${i}].resources.${list}`, 'only cpu and memory resources are mutable'),
        );
      }
    }
  }
  return causes;
}
