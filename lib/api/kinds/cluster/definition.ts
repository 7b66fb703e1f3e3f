// How the API is extended by definitions alone.
import { invalidValue } from '../../field-errors.ts';
import { validateAcceptedNames, validateDefinition } from '../../structural/validate-definition.ts';
import type { CustomResourceDefinition } from '../../types/apiextensions.v1.ts';
import { columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { immutable } from '../metadata.ts';

export const customResourceDefinition: KindParts<CustomResourceDefinition> = {
  hasGeneration: true,
  deletionFinalizer: 'customresourcecleanup.apiextensions.k8s.io',
  allowsUnconditionalUpdate: false,
  defaults({ spec }) {
    if (spec === undefined) return;
    spec.names ??= { plural: '', kind: '' };
    spec.names.singular ||= spec.names.kind?.toLowerCase() ?? '';
    spec.names.listKind ||= spec.names.kind ? `${spec.names.kind}List` : '';
    spec.conversion ??= { strategy: 'None' };
    const service = spec.conversion.webhook?.clientConfig?.service;
    if (service !== undefined) service.port ??= 443;
  },
  create(object) {
    // Names and versions are accepted later, by a controller.
    object.status = { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: [] };
    for (const { name, storage } of object.spec?.versions ?? []) if (storage) object.status.storedVersions = [name];
  },
  update(next, previous) {
    const storing = (next.spec?.versions ?? []).find(({ storage }) => storage)?.name;
    const stored = previous.status?.storedVersions ?? [];
    if (storing !== undefined && !stored.includes(storing)) {
      next.status = { ...next.status, storedVersions: [...stored, storing] };
    }
  },
  validate: (object) => validateDefinition(object),
  validateUpdate(next, previous) {
    const causes = validateDefinition(next, previous);
    if (next.spec === undefined || previous.spec === undefined) return causes;
    const isEstablished = (previous.status?.conditions ?? []).some(
      (one) => one.type === 'Established' && one.status === 'True',
    );
    if (next.spec.group !== previous.spec.group) causes.push(invalidValue('spec.group', next.spec.group, immutable));
    if (next.spec.names?.plural !== previous.spec.names?.plural) {
      causes.push(invalidValue('spec.names.plural', next.spec.names?.plural, immutable));
    }
    if (isEstablished && next.spec.scope !== previous.spec.scope) {
      causes.push(invalidValue('spec.scope', next.spec.scope, immutable));
    }
    if (isEstablished && next.spec.names?.kind !== previous.spec.names?.kind) {
      causes.push(invalidValue('spec.names.kind', next.spec.names?.kind, immutable));
    }
    return causes;
  },
  validateStatus: ({ status }) => validateAcceptedNames(status?.acceptedNames),
  columns: columns(['Name', '@Created At']),
  row: ({ metadata }) => [metadata.name, metadata.creationTimestamp ?? '<unknown>'],
};
