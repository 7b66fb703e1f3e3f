// Kinds with little to say: leases, classes of priority and of runtimes.
import { forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongDns1123Label } from '../../names.ts';
import type { Lease } from '../../types/coordination.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { RuntimeClass } from '../../types/node.v1.ts';
import type { PriorityClass } from '../../types/scheduling.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { immutable } from '../metadata.ts';
import { runtimeClassWarnings } from '../warnings/others.ts';

export const lease: KindParts<Lease> = {
  allowsCreateOnUpdate: true,
  allowsUnconditionalUpdate: false,
  validate({ spec }) {
    const causes: StatusCause[] = [];
    if (spec?.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0) {
      causes.push(invalidValue('spec.leaseDurationSeconds', spec.leaseDurationSeconds, 'must be greater than 0'));
    }
    if (spec?.leaseTransitions !== undefined && spec.leaseTransitions < 0) {
      causes.push(invalidValue('spec.leaseTransitions', spec.leaseTransitions, 'must be greater than or equal to 0'));
    }
    return causes;
  },
  columns: columns(['Name', 'Holder', '@Age']),
  row: ({ metadata, spec }, nowMs) => [metadata.name, spec?.holderIdentity ?? '', ageOf(metadata, nowMs)],
};

const highestOfUsers = 1_000_000_000;
const ofSystem = new Map([
  ['system-node-critical', 2_000_001_000],
  ['system-cluster-critical', 2_000_000_000],
]);

export const priorityClass: KindParts<PriorityClass> = {
  hasGeneration: true,
  generationFields: ['value', 'globalDefault', 'description', 'preemptionPolicy'],
  defaults(object) {
    object.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate: validatePriority,
  validateUpdate(next, previous) {
    const causes = validatePriority(next);
    if ((next.value ?? 0) !== (previous.value ?? 0)) {
      causes.push(forbiddenField('value', 'may not be changed in an update.'));
    }
    if (next.preemptionPolicy !== previous.preemptionPolicy) {
      causes.push(invalidValue('preemptionPolicy', next.preemptionPolicy, immutable));
    }
    return causes;
  },
  columns: columns(['Name', '#Value', '?Global-Default', '@Age', 'PreemptionPolicy']),
  row: ({ metadata, value, globalDefault, preemptionPolicy }, nowMs) => [
    metadata.name,
    value ?? 0,
    globalDefault ?? false,
    ageOf(metadata, nowMs),
    preemptionPolicy ?? '',
  ],
};

function validatePriority({ metadata, value = 0, preemptionPolicy }: PriorityClass): StatusCause[] {
  const causes: StatusCause[] = [];
  const { name = '' } = metadata as Partial<typeof metadata>; // without one it is refused elsewhere
  if (name.startsWith('system-')) {
    if (ofSystem.get(name) !== value) {
      const detail =
        "priority class names with 'system-' prefix are reserved for system use only. error: unknown name or value of a system priority class";
      causes.push(forbiddenField('metadata.name', detail));
    }
  } else if (value > highestOfUsers) {
    causes.push(forbiddenField('value', `maximum allowed value of a user defined priority is ${highestOfUsers}`));
  }
  if (preemptionPolicy !== undefined && !['Never', 'PreemptLowerPriority'].includes(preemptionPolicy)) {
    causes.push(notSupported('preemptionPolicy', preemptionPolicy, ['Never', 'PreemptLowerPriority']));
  }
  return causes;
}

export const runtimeClass: KindParts<RuntimeClass> = {
  warnings: runtimeClassWarnings,
  allowsUnconditionalUpdate: false,
  validate: validateRuntime,
  validateUpdate(next, previous) {
    const causes = validateRuntime(next);
    return next.handler === previous.handler ? causes : [...causes, invalidValue('handler', next.handler, immutable)];
  },
  columns: columns(['Name', 'Handler', '@Age']),
  row: ({ metadata, handler }, nowMs) => [metadata.name, handler, ageOf(metadata, nowMs)],
};

function validateRuntime({ handler }: RuntimeClass): StatusCause[] {
  if (!handler) return [required('handler')];
  return wrongDns1123Label(handler).map((message) => invalidValue('handler', handler, message));
}
