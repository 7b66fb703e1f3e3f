// Kinds with little to say: leases, classes of priority and of runtimes.
import { at, duplicate, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongDns1123Label, wrongQualifiedName } from '../../names.ts';
import type { Lease } from '../../types/coordination.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { RuntimeClass } from '../../types/node.v1.ts';
import type { PriorityClass } from '../../types/scheduling.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { immutable, validateLabels } from '../metadata.ts';
import { validateResources } from '../pod/validate-resources.ts';
import { validateTolerations } from '../pod/validate-scheduling.ts';
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
    if (spec?.strategy !== undefined) causes.push(...validateStrategy(spec.strategy));
    if (spec?.preferredHolder && !spec.strategy) {
      causes.push(forbiddenField('spec.preferredHolder', 'may only be specified if `strategy` is defined'));
    }
    return causes;
  },
  columns: columns(['Name', 'Holder', '@Age']),
  row: ({ metadata, spec }, nowMs) => [metadata.name, spec?.holderIdentity ?? '', ageOf(metadata, nowMs)],
};

/** Of those without a domain, there is one. (The field is named twice: that is how upstream has it.) */
function validateStrategy(strategy: string): StatusCause[] {
  const [field, known] = ['spec.strategy.strategy', ['OldestEmulationVersion']];
  if (strategy.includes('/')) return wrongQualifiedName(strategy).map((why) => invalidValue(field, strategy, why));
  return known.includes(strategy) ? [] : [notSupported(field, strategy, known)];
}

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
  // Nothing else is looked at: neither name nor value can change.
  validateUpdate(next, previous) {
    const causes: StatusCause[] = [];
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

function validatePriority({ metadata, value = 0, globalDefault, preemptionPolicy }: PriorityClass): StatusCause[] {
  const causes: StatusCause[] = [];
  const { name = '' } = metadata as Partial<typeof metadata>; // without one it is refused elsewhere
  if (name.startsWith('system-')) {
    const wrong = wrongSystemClass(name, value, globalDefault ?? false);
    if (wrong !== undefined) {
      const why = `priority class names with 'system-' prefix are reserved for system use only. error: ${wrong}`;
      causes.push(forbiddenField('metadata.name', why));
    }
  } else if (value > highestOfUsers) {
    causes.push(forbiddenField('value', `maximum allowed value of a user defined priority is ${highestOfUsers}`));
  }
  if (preemptionPolicy !== undefined && !['Never', 'PreemptLowerPriority'].includes(preemptionPolicy)) {
    causes.push(notSupported('preemptionPolicy', preemptionPolicy, ['Never', 'PreemptLowerPriority']));
  }
  return causes;
}

function wrongSystemClass(name: string, value: number, isDefault: boolean): string | undefined {
  const own = ofSystem.get(name);
  if (own === undefined) return `${name} is not a known system priority class`;
  if (own !== value) return `value of ${name} PriorityClass must be ${own}`;
  return isDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
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

/** Rule: node validation, ValidateRuntimeClass. */
function validateRuntime({ handler, overhead, scheduling }: RuntimeClass): StatusCause[] {
  const wrong = handler
    ? wrongDns1123Label(handler).map((message) => invalidValue('handler', handler, message))
    : [required('handler')];
  const tolerations = scheduling?.tolerations ?? [];
  const field = 'scheduling.tolerations';
  const again = tolerations.flatMap((toleration, index) => {
    const { key, operator, value, effect } = toleration;
    const isSame = (one: typeof toleration) =>
      one.key === key && one.operator === operator && one.value === value && one.effect === effect;
    return tolerations.findIndex(isSame) < index ? [duplicate(at(field, index), toleration)] : [];
  });
  return [
    ...wrong,
    ...validateResources({ limits: overhead?.podFixed ?? {} }, 'overhead'),
    ...validateLabels(scheduling?.nodeSelector, 'scheduling.nodeSelector'),
    ...validateTolerations(tolerations, `${field}.tolerations`),
    ...again,
  ];
}
