import type { Mutable } from '#lib/api/kinds/object.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { PriorityClass } from '#lib/api/types/scheduling.v1.ts';
import type { Attributes, Plugin } from './admission.ts';
import { isNewPod, refuse } from './refuse.ts';

export interface PriorityOptions {
  classNamed(name: string): PriorityClass | undefined;
  classes(): readonly PriorityClass[];
}

type Rank = Pick<PriorityClass, 'value' | 'preemptionPolicy'>;

/** Turns a pod's class into its number; keeps default classes to one. Rule: Priority admission. */
export function createPriority({ classNamed, classes }: PriorityOptions): Plugin {
  function rankOf(attributes: Attributes, spec: NonNullable<Mutable<Pod>['spec']>): Rank {
    const name = spec.priorityClassName;
    if (name) {
      const rank = classNamed(name) ?? system.get(name);
      if (rank === undefined) throw refuse(attributes, `no PriorityClass with name ${name} was found`);
      return rank;
    }
    const defaults = classes().filter(({ globalDefault }) => globalDefault);
    const lowest = defaults.toSorted((a, b) => a.value - b.value)[0];
    if (lowest === undefined) return { value: 0 };
    spec.priorityClassName = lowest.metadata.name;
    return lowest;
  }

  return {
    name: 'Priority',
    mutate(attributes) {
      if (!isNewPod(attributes)) return;
      const { spec } = attributes.object as unknown as Mutable<Pod>;
      if (spec === undefined) return;
      const { value, preemptionPolicy = 'PreemptLowerPriority' } = rankOf(attributes, spec);
      if (spec.priority !== undefined && spec.priority !== value) {
        const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
        throw refuse(attributes, why);
      }
      if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
        const why = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`;
        throw refuse(attributes, why);
      }
      spec.priority = value;
      spec.preemptionPolicy = preemptionPolicy;
    },
    validate(attributes) {
      const { group, resource, operation } = attributes;
      if (group !== 'scheduling.k8s.io' || resource !== 'priorityclasses' || operation === 'DELETE') return;
      const wanted = attributes.object as unknown as PriorityClass;
      if (!wanted.globalDefault) return;
      const other = classes().find(
        ({ globalDefault, metadata }) => globalDefault && metadata.name !== wanted.metadata.name,
      );
      if (other === undefined) return;
      const why = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`;
      throw refuse(attributes, why);
    },
  };
}

/** They count from the first moment on, before anybody has stored them. */
const system: ReadonlyMap<string, Rank> = new Map([
  ['system-node-critical', { value: 2_000_001_000 }],
  ['system-cluster-critical', { value: 2_000_000_000 }],
]);
