import { invalidValue } from '../../field-errors.ts';
import { wrongDns1123Label } from '../../names.ts';
import type { Namespace } from '../../types/core.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { validateFinalizer } from '../metadata.ts';

const nameLabel = 'kubernetes.io/metadata.name';

export const namespace: KindParts<Namespace> = {
  wrongName: wrongDns1123Label,
  defaults({ metadata }) {
    // What is to be selected by name has its name as a label; without a name yet, once it has one.
    if (metadata.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
  },
  create(object) {
    object.status = { phase: 'Active' };
    object.spec ??= {};
    const finalizers = object.spec.finalizers ?? [];
    object.spec.finalizers = finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'];
    const { metadata } = object;
    if (metadata.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
  },
  update(next, previous) {
    // Finalizers go by the subresource of that name.
    next.spec ??= {};
    next.spec.finalizers = [...(previous.spec?.finalizers ?? [])];
  },
  validate({ spec }) {
    return (spec?.finalizers ?? []).flatMap((finalizer) => validateFinalizer(finalizer, 'spec.finalizers'));
  },
  validateStatus({ metadata, status }) {
    const expected = metadata.deletionTimestamp === undefined ? 'Active' : 'Terminating';
    if (status?.phase === expected) return [];
    const when = expected === 'Active' ? 'is empty' : 'is not empty';
    const why = `may only be '${expected}' if \`deletionTimestamp\` ${when}`;
    return [invalidValue('status.Phase', status?.phase ?? '', why)];
  },
  fields: ({ status }) => ({ 'status.phase': status?.phase ?? '' }),
  columns: columns(['Name', 'Status', '@Age']),
  row: ({ metadata, status }, nowMs) => [metadata.name, status?.phase ?? '', ageOf(metadata, nowMs)],
};
