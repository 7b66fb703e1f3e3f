// What of a Job may change. Pure. Rule: batch validation, ValidateJobSpecUpdate.
import { child, invalidValue } from '../../field-errors.ts';
import type { Job, JobSpec } from '../../types/batch.v1.ts';
import type { Container } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';
import { hasWrongLabelValue } from '../label-selector.ts';
import { immutable } from '../metadata.ts';
import { leniencyOf } from '../pod/leniency-of.ts';
import { prefixed, validateJobSpec, validateOwnSelector, validateSelector } from './validate-job.ts';

export function validateJobUpdate(next: Job, previous: Job): StatusCause[] {
  const [spec, old] = [next.spec!, previous.spec!];
  const template = mayMove(previous) ? withPlacement(spec.template, old.template) : spec.template;
  const leniency = leniencyOf(old.template);
  const labels = old.template?.metadata?.labels ?? {};
  const isOld = labels[prefixed.uid] === undefined || labels[prefixed.name] === undefined;
  return [
    ...validateOwnSelector(next.metadata, spec, isOld),
    ...validateJobSpec(spec, 'spec', leniency),
    ...validateSelector(spec, leniency.anyLabelValue || hasWrongLabelValue(old.selector)),
    ...validateCompletions(spec, old),
    ...fixed(['selector'], spec, old),
    ...(isSame(template, old.template) ? [] : [invalidValue('spec.template', spec.template, immutable)]),
    ...fixed(['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'], spec, old),
  ];
}

function fixed(fields: readonly (keyof JobSpec)[], next: JobSpec, old: JobSpec): StatusCause[] {
  return fields
    .filter((field) => !isSame(next[field], old[field]))
    .map((field) => invalidValue(child('spec', field), next[field], immutable));
}

/** An indexed Job grows and shrinks with its parallelism. */
function validateCompletions(next: JobSpec, old: JobSpec): StatusCause[] {
  if (next.completionMode !== 'Indexed') return fixed(['completions'], next, old);
  const { completions, parallelism } = next;
  if (completions === undefined || completions === old.completions || completions === parallelism) return [];
  return [invalidValue('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')];
}

/** Where pods go, and what they take, may be said as long as there are none. Rule: KEP-2926, KEP-5440. */
function mayMove({ spec, status }: Job): boolean {
  if (!spec?.suspend) return false;
  const isSuspended = (status?.conditions ?? []).some(({ type, status }) => type === 'Suspended' && status === 'True');
  return status?.startTime === undefined || (isSuspended && (status.active ?? 0) === 0);
}

type Template = JobSpec['template'];

/** `next` with what may change put back to what it was. */
function withPlacement(next: Template | undefined, old: Template | undefined): unknown {
  const { nodeSelector, tolerations, schedulingGates } = old?.spec ?? {};
  return {
    ...next,
    metadata: { ...next?.metadata, annotations: old?.metadata?.annotations, labels: old?.metadata?.labels },
    spec: {
      ...next?.spec,
      nodeSelector,
      tolerations,
      schedulingGates,
      affinity: withNodes(next?.spec?.affinity, old?.spec?.affinity),
      containers: withResources(next?.spec?.containers, old?.spec?.containers),
      initContainers: withResources(next?.spec?.initContainers, old?.spec?.initContainers),
    },
  };
}

type Affinity = NonNullable<Template['spec']>['affinity'];

/** To nodes alone: how pods stand to each other stays. */
function withNodes(next: Affinity, old: Affinity): Affinity {
  const { nodeAffinity: _, ...others } = next ?? {};
  return old?.nodeAffinity === undefined ? others : { ...others, nodeAffinity: old.nodeAffinity };
}

function withResources(next: readonly Container[] = [], old: readonly Container[] = []): unknown {
  return next.map((one) => ({ ...one, resources: old.find(({ name }) => name === one.name)?.resources }));
}
