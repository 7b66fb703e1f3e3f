// Kinds of flowcontrol.apiserver.k8s.io; that of storage migration as far as it is shown.
import type { FlowSchema, PriorityLevelConfiguration } from '../../types/flowcontrol.v1.ts';
import type { StorageVersionMigration } from '../../types/storagemigration.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { validateFlowSchema, validateFlowStatus, validatePriorityLevel } from './validate-flow.ts';

export const flowSchema: KindParts<FlowSchema> = {
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  defaults({ spec }) {
    if (spec !== undefined && !spec.matchingPrecedence) spec.matchingPrecedence = 1000;
  },
  validate: validateFlowSchema,
  validateStatus: ({ status }) => validateFlowStatus(status),
  columns: columns(['Name', 'PriorityLevel', 'MatchingPrecedence', 'DistinguisherMethod', '@Age', 'MissingPL']),
  row({ metadata, spec, status }, nowMs) {
    const dangling = (status?.conditions ?? []).find(({ type }) => type === 'Dangling')?.status;
    return [
      metadata.name,
      spec?.priorityLevelConfiguration?.name ?? '',
      spec?.matchingPrecedence ?? 0,
      spec?.distinguisherMethod?.type ?? '<none>',
      ageOf(metadata, nowMs),
      dangling ?? '?',
    ];
  },
};

export const priorityLevelConfiguration: KindParts<PriorityLevelConfiguration> = {
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  defaults({ spec }) {
    if (spec?.exempt !== undefined) {
      spec.exempt.nominalConcurrencyShares ??= 0;
      spec.exempt.lendablePercent ??= 0;
    }
    if (spec?.limited === undefined) return;
    spec.limited.nominalConcurrencyShares ??= 30;
    spec.limited.lendablePercent ??= 0;
    const queuing = spec.limited.limitResponse?.queuing;
    if (queuing === undefined) return;
    queuing.queues ||= 64;
    queuing.handSize ||= 8;
    queuing.queueLengthLimit ||= 50;
  },
  validate: validatePriorityLevel,
  validateStatus: ({ status }) => validateFlowStatus(status),
  columns: columns(['Name', 'Type', 'NominalConcurrencyShares', 'Queues', 'HandSize', 'QueueLengthLimit', '@Age']),
  row({ metadata, spec }, nowMs) {
    const queuing = spec?.limited?.limitResponse?.queuing;
    return [
      metadata.name,
      spec?.type ?? '',
      spec?.limited?.nominalConcurrencyShares ?? '<none>',
      queuing?.queues ?? '<none>',
      queuing?.handSize ?? '<none>',
      queuing?.queueLengthLimit ?? '<none>',
      ageOf(metadata, nowMs),
    ];
  },
};

export const storageVersionMigration: KindParts<StorageVersionMigration> = {
  columns: columns(['Name', 'Resource']),
  row({ metadata, spec }) {
    const { group, resource } = spec?.resource ?? {};
    return [metadata.name, group ? `${resource}.${group}` : (resource ?? '')];
  },
};
