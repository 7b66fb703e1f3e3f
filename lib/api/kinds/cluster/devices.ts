// Kinds of resource.k8s.io. Rule: resource validation.
import { child, invalidValue, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from '../../types/resource.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { immutable } from '../metadata.ts';
import { validateClaimStatus } from './claim-status.ts';
import {
  defaultDeviceClaim,
  validateDeviceClaim,
  validateList,
  validateOpaque,
  validateSelectors,
} from './device-claim.ts';
import { validateSliceContent } from './slice-devices.ts';

export const resourceClaim: KindParts<ResourceClaim> = {
  defaults: ({ spec }) => defaultDeviceClaim(spec?.devices),
  validate: ({ spec }) => validateDeviceClaim(spec?.devices ?? {}, 'spec.devices'),
  validateUpdate: (next, previous) => sameSpec(next.spec, previous.spec),
  validateStatus: validateClaimStatus,
  columns: columns(['Name', 'State', '@Age']),
  row({ metadata, status }, nowMs) {
    const states = [
      ...(metadata.deletionTimestamp === undefined ? [] : ['deleted']),
      ...(status?.allocation === undefined ? [] : ['allocated']),
      ...((status?.reservedFor ?? []).length === 0 ? [] : ['reserved']),
    ];
    return [metadata.name, states.join(',') || 'pending', ageOf(metadata, nowMs)];
  },
};

export const resourceClaimTemplate: KindParts<ResourceClaimTemplate> = {
  defaults: ({ spec }) => defaultDeviceClaim(spec?.spec?.devices),
  validate: ({ spec }) => validateDeviceClaim(spec?.spec?.devices ?? {}, 'spec.spec.devices'),
  validateUpdate: (next, previous) => sameSpec(next.spec, previous.spec),
};

function sameSpec(next: unknown, previous: unknown): StatusCause[] {
  return isSame(next, previous) ? [] : [invalidValue('spec', next, immutable)];
}

export const deviceClass: KindParts<DeviceClass> = {
  hasGeneration: true,
  validate: ({ spec }) => [
    ...validateSelectors(spec?.selectors ?? [], 'spec.selectors'),
    ...validateList(spec?.config ?? [], 'spec.config', mostConfigs, ({ opaque }, field) =>
      validateOpaque(opaque, child(field, 'opaque')),
    ),
  ],
};
const mostConfigs = 32;

export const resourceSlice: KindParts<ResourceSlice> = {
  hasGeneration: true,
  validate: (slice) => validateSlice(slice),
  warnings: ({ spec }) => {
    const driver = spec?.driver ?? '';
    const why = `driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`;
    return driver === driver.toLowerCase() ? [] : [`spec.driver: ${why}`];
  },
  validateUpdate(next, previous) {
    const [spec, old] = [next.spec, previous.spec];
    const fixed = [
      ['spec.driver', spec?.driver, old?.driver],
      ['spec.pool.name', spec?.pool?.name, old?.pool?.name],
      ['spec.nodeName', spec?.nodeName, old?.nodeName],
    ] as const;
    const changed = fixed.filter(([, now, was]) => (now ?? '') !== (was ?? ''));
    return [...validateSlice(next, old), ...changed.map(([field, now]) => invalidValue(field, now ?? '', immutable))];
  },
  fields: ({ spec }) => ({ 'spec.nodeName': spec?.nodeName ?? '', 'spec.driver': spec?.driver ?? '' }),
  columns: columns(['Name', 'Node', 'Driver', 'Pool', '@Age']),
  row: ({ metadata, spec }, nowMs) => [
    metadata.name,
    spec?.nodeName ?? '<unset>',
    spec?.driver ?? '',
    spec?.pool?.name ?? '',
    ageOf(metadata, nowMs),
  ],
};

function validateSlice({ spec }: ResourceSlice, old?: ResourceSlice['spec']): StatusCause[] {
  const { name = '', resourceSliceCount: count = 0, generation = 0 } = spec?.pool ?? {};
  const causes = validateDriver(spec?.driver ?? '');
  if (name === '') causes.push(required('spec.pool.name'));
  if (count <= 0) causes.push(invalidValue('spec.pool.resourceSliceCount', count, 'must be greater than zero'));
  if (generation < 0) {
    causes.push(invalidValue('spec.pool.generation', generation, 'must be greater than or equal to zero'));
  }
  return spec === undefined ? causes : [...causes, ...validateSliceContent(spec, old)];
}

function validateDriver(driver: string): StatusCause[] {
  if (driver === '') return [required('spec.driver')];
  // In capitals it is taken, with a warning.
  return wrongDns1123Subdomain(driver.toLowerCase()).map((message) => invalidValue('spec.driver', driver, message));
}
