// ServiceCIDR and IPAddress. Rule: networking validation ValidateServiceCIDR, ValidateIPAddress.
import { parseCidr } from '#lib/ip.ts';
import { at, child, invalidValue, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain, wrongPathSegment } from '../../names.ts';
import { wrongUsualCidr, wrongUsualIp } from '../../strict-ip.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { IPAddress, ParentReference, ServiceCIDR } from '../../types/networking.v1.ts';
import { ageOf, columns, listed } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { immutable } from '../metadata.ts';

export const ipAddress: KindParts<IPAddress> = {
  wrongName: wrongUsualIp,
  validate: ({ spec }) => validateParent(spec?.parentRef, 'spec.parentRef'),
  validateUpdate(next, previous) {
    if (isSame(next.spec?.parentRef, previous.spec?.parentRef)) return [];
    return [invalidValue('spec.parentRef', next.spec?.parentRef, immutable)];
  },
  fields: ({ spec }) => ({ 'spec.parentRef.name': spec?.parentRef?.name ?? '' }),
  columns: columns(['Name', 'ParentRef']),
  row({ metadata, spec }) {
    if (spec?.parentRef === undefined) return [metadata.name, '<none>'];
    const { group, resource, namespace, name } = spec.parentRef;
    return [metadata.name, [`${resource ?? ''}${group ? `.${group}` : ''}`, namespace, name].filter(Boolean).join('/')];
  },
};

function validateParent(parent: ParentReference | undefined, path: string): readonly StatusCause[] {
  if (parent === undefined) return [required(path)];
  const { group, resource, name, namespace } = parent;
  const wrong = (field: string, value: string, messages: readonly string[]): readonly StatusCause[] =>
    messages.map((message) => invalidValue(child(path, field), value, message));
  return [
    ...(group ? wrong('group', group, wrongDns1123Subdomain(group)) : []), // that of Services has no name
    ...(resource ? wrong('resource', resource, wrongPathSegment(resource)) : [required(child(path, 'resource'))]),
    ...(name ? wrong('name', name, wrongPathSegment(name)) : [required(child(path, 'name'))]),
    ...(namespace ? wrong('namespace', namespace, wrongPathSegment(namespace)) : []),
  ];
}

export const serviceCidr: KindParts<ServiceCIDR> = {
  keepsStatusOnCreate: true,
  validate: ({ spec }) => validateRanges(spec?.cidrs ?? []),
  validateUpdate({ spec: next }, { spec: old }) {
    const [cidrs = [], before = []] = [next?.cidrs, old?.cidrs];
    const fixed = before.flatMap((one, i) =>
      one === cidrs[i] ? [] : [invalidValue(at('spec.cidrs', i), cidrs[i], immutable)],
    );
    if (cidrs.length === before.length) return fixed;
    // One family may become two; nothing else changes.
    const mayGrow = before.length === 1 && cidrs.length === 2;
    return mayGrow ? [...fixed, ...validateRanges(cidrs)] : [invalidValue('spec.cidrs', cidrs, immutable)];
  },
  columns: columns(['Name', 'CIDRs', '@Age']),
  row: ({ metadata, spec }, nowMs) => [metadata.name, listed(spec?.cidrs, ''), ageOf(metadata, nowMs)],
};

function validateRanges(cidrs: readonly string[]): readonly StatusCause[] {
  const path = 'spec.cidrs';
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalidValue(path, { cidrs }, 'may only hold up to 2 values')];
  const families = new Set(cidrs.map((text) => parseCidr(text)?.family));
  if (cidrs.length === 2 && (families.size < 2 || families.has(undefined))) {
    const why = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    return [invalidValue(path, { cidrs }, why)];
  }
  return cidrs.flatMap((text, index) => wrongUsualCidr(text).map((why) => invalidValue(at(path, index), text, why)));
}
