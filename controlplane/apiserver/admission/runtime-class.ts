import type { Mutable } from '#lib/api/kinds/object.ts';
import { canonicalQuantity } from '#lib/api/quantity.ts';
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
      if (spec?.runtimeClassName === undefined || spec.runtimeClassName === '') {
        if (isSet(spec?.overhead)) throw refuse(attributes, overheadWithoutClass);
        return;
      }
      const found = classNamed(spec.runtimeClassName);
      if (found === undefined) {
        throw refuse(attributes, `pod rejected: RuntimeClass "${spec.runtimeClassName}" not found`);
      }
      const { overhead, scheduling } = structuredClone(found) as Mutable<RuntimeClass>;
      if (isSet(spec.overhead)) {
        if (overhead === undefined) throw refuse(attributes, overheadWithoutClass);
        if (textOf(spec.overhead) !== textOf(overhead.podFixed)) throw refuse(attributes, otherOverhead);
      }
      if (isSet(overhead?.podFixed)) spec.overhead = overhead!.podFixed;
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

const overheadWithoutClass = 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead';
const otherOverhead = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

type Amounts = Readonly<Record<string, string>>;

function isSet(amounts: Amounts | undefined): amounts is Amounts {
  return Object.keys(amounts ?? {}).length > 0;
}

/** The same for equal amounts, however they are written. */
function textOf(amounts: Amounts = {}): string {
  const rows = Object.entries(amounts).map(([name, amount]) => `${name}=${canonicalQuantity(amount)}`);
  return rows.sort().join();
}

function isSame(a: Toleration, b: Toleration): boolean {
  return a.key === b.key && a.operator === b.operator && a.value === b.value && a.effect === b.effect;
}
