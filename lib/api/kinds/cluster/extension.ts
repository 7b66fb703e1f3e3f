// Kinds that extend the API itself.
import { at, child, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongDns1035Label, wrongDns1123Subdomain, wrongPathSegment } from '../../names.ts';
import type { CustomResourceDefinition } from '../../types/apiextensions.v1.ts';
import type { APIService } from '../../types/apiregistration.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
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
  validate: validateDefinition,
  validateUpdate(next, previous) {
    const causes = validateDefinition(next);
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
  columns: columns(['Name', '@Created At']),
  row: ({ metadata }) => [metadata.name, metadata.creationTimestamp ?? '<unknown>'],
};

function validateDefinition({ metadata, spec }: CustomResourceDefinition): StatusCause[] {
  const causes: StatusCause[] = [];
  const { group, names, scope, versions } = spec ?? {};
  if (metadata.name !== `${names?.plural}.${group}`) {
    causes.push(invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (!group) causes.push(required('spec.group'));
  else if (!group.includes('.'))
    causes.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  else causes.push(...wrongDns1123Subdomain(group).map((message) => invalidValue('spec.group', group, message)));
  if (!['Cluster', 'Namespaced'].includes(scope ?? ''))
    causes.push(notSupported('spec.scope', scope ?? '', ['Cluster', 'Namespaced']));
  for (const field of ['plural', 'singular'] as const) {
    const value = names?.[field] ?? '';
    causes.push(...wrongDns1035Label(value).map((message) => invalidValue(`spec.names.${field}`, value, message)));
  }
  for (const field of ['kind', 'listKind'] as const) {
    const value = names?.[field] ?? '';
    const wrong = wrongDns1035Label(value.toLowerCase());
    const detail = `may have mixed case, but should otherwise match: ${wrong.join(',')}`;
    if (wrong.length > 0) causes.push(invalidValue(`spec.names.${field}`, value, detail));
  }
  if (names?.kind !== undefined && names.kind === names.listKind) {
    causes.push(invalidValue('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  }
  const storing = (versions ?? []).filter(({ storage }) => storage);
  if ((versions ?? []).length === 0) causes.push(required('spec.versions', 'must have at least one version'));
  else if (storing.length !== 1) {
    causes.push(invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version'));
  }
  for (const [index, { name, schema }] of (versions ?? []).entries()) {
    const field = at('spec.versions', index);
    causes.push(...wrongDns1035Label(name ?? '').map((message) => invalidValue(child(field, 'name'), name, message)));
    if (schema?.openAPIV3Schema === undefined) {
      causes.push(required(child(field, 'schema', 'openAPIV3Schema'), 'schemas are required'));
    }
  }
  return causes;
}

export const apiService: KindParts<APIService> = {
  wrongName: wrongPathSegment, // that of the core group ends in a dot
  allowsUnconditionalUpdate: false,
  defaults({ spec }) {
    if (spec?.service !== undefined) spec.service.port ??= 443;
  },
  create(object) {
    object.status = {};
    // What the server itself serves is there at once.
    if (object.spec?.service !== undefined) return;
    object.status.conditions = [
      { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' },
    ];
  },
  validate({ metadata, spec }) {
    const causes: StatusCause[] = [];
    const name = `${spec?.version ?? ''}.${spec?.group ?? ''}`;
    if (metadata.name !== name)
      causes.push(invalidValue('metadata.name', metadata.name, 'must be `spec.version+"."+spec.group`'));
    if ((spec?.groupPriorityMinimum ?? 0) <= 0) {
      causes.push(
        invalidValue(
          'spec.groupPriorityMinimum',
          spec?.groupPriorityMinimum ?? 0,
          'must be positive and less than 20000',
        ),
      );
    }
    if ((spec?.versionPriority ?? 0) <= 0) {
      causes.push(
        invalidValue('spec.versionPriority', spec?.versionPriority ?? 0, 'must be positive and less than 1000'),
      );
    }
    return causes;
  },
  columns: columns(['Name', 'Service', 'Available', '@Age']),
  row({ metadata, spec, status }, nowMs) {
    const service = spec?.service === undefined ? 'Local' : `${spec.service.namespace}/${spec.service.name}`;
    const available = (status?.conditions ?? []).find(({ type }) => type === 'Available');
    const isKnown = available !== undefined;
    const text = isKnown
      ? available.status === 'True'
        ? 'True'
        : `${available.status} (${available.reason})`
      : 'Unknown';
    return [metadata.name, service, text, ageOf(metadata, nowMs)];
  },
};
