import type { Mutable } from '#lib/api/kinds/object.ts';
import type { Pod, Toleration } from '#lib/api/types/core.v1.ts';
import type { RuntimeClass } from '#lib/api/types/node.v1.ts';
import type { Plugin } from './admission.ts';
import { isNewPod, refuse } from './refuse.ts';

export interface RuntimeClassOptions {
  classNamed(name: string): RuntimeClass | undefined;
}

/** What a pod's runtime costs and where it can run, from its class. Rule: RuntimeClass admission. */
export function createRuntimeClass({ classNamed }: RuntimeClassOptions): Plugin {
  return {
    name: 'RuntimeClass',
    mutate(attributes) {
      if (!isNewPod(attributes)) return;
      const { spec } = attributes.object as unknown as Mutable<Pod>;
      if (spec?.runtimeClassName === undefined || spec.runtimeClassName === '') return;
      const found = classNamed(spec.runtimeClassName);
      if (found === undefined) {
        throw refuse(attributes, `pod rejected: RuntimeClass "${spec.runtimeClassName}" not found`);
      }
      const { overhead, scheduling } = structuredClone(found) as Mutable<RuntimeClass>;
      if (overhead?.podFixed !== undefined) spec.overhead = overhead.podFixed;
      for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
        const own = spec.nodeSelector?.[key];
        if (own !== undefined && own !== value) {
          const why = `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`;
          throw refuse(attributes, why);
        }
        spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
      }
      const added = (scheduling?.tolerations ?? []).filter((one) => !spec.tolerations?.some((own) => isSame(own, one)));
      if (added.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...added];
    },
  };
}

function isSame(a: Toleration, b: Toleration): boolean {
  return a.key === b.key && a.operator === b.operator && a.value === b.value && a.effect === b.effect;
}
