import type { ComponentStatus, ServiceAccount } from '../../types/core.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { accountWarnings } from '../warnings/others.ts';

export const serviceAccount: KindParts<ServiceAccount> = {
  warnings: accountWarnings,
  columns: columns(['Name', 'Secrets', '@Age']),
  row: ({ metadata, secrets }, nowMs) => [metadata.name, (secrets ?? []).length, ageOf(metadata, nowMs)],
};

export const componentStatus: KindParts<ComponentStatus> = {
  columns: columns(['Name', 'Status', 'Message', 'Error']),
  row({ metadata, conditions }) {
    const healthy = (conditions ?? []).find(({ type }) => type === 'Healthy');
    const status = healthy === undefined ? 'Unknown' : healthy.status === 'True' ? 'Healthy' : 'Unhealthy';
    return [metadata.name, status, healthy?.message ?? '', healthy?.error ?? ''];
  },
};
