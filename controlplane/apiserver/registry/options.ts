// Query parameters of resource requests, checked. Rule: metav1 ListOptions, CreateOptions, UpdateOptions, PatchOptions.
import { forbiddenField, invalidValue, notSupported, required, tooLong } from '#lib/api/field-errors.ts';
import { checkFieldSelector, type FieldSelector, parseFieldSelector } from '#lib/api/selectors/fields.ts';
import { parseLabelSelector, type Selector } from '#lib/api/selectors/labels.ts';
import { badRequest, invalid } from '#lib/api/status.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';

export interface WriteOptions {
  readonly isDryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  /** Apply patches only. */
  readonly force: boolean;
}

export type WriteOptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions';

/** @throws {StatusError} Invalid, as a fault of `kind` */
export function readWriteOptions(
  query: URLSearchParams,
  kind: WriteOptionsKind,
  { userAgent = '', isApply = false }: { readonly userAgent?: string | undefined; readonly isApply?: boolean } = {},
): WriteOptions {
  const dryRun = query.getAll('dryRun');
  const fieldManager = query.get('fieldManager') ?? '';
  const validation = query.get('fieldValidation') ?? '';
  const force = query.get('force');
  const causes: StatusCause[] = [...wrongDryRun(dryRun), ...wrongManager(fieldManager, isApply)];
  if (!isApply && force !== null && kind === 'PatchOptions') {
    causes.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  }
  if (!validations.has(validation)) {
    causes.push(notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']));
  }
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', causes);
  return {
    isDryRun: dryRun.length > 0,
    fieldManager: managerNamed({ query, userAgent }),
    fieldValidation: (validation || 'Warn') as WriteOptions['fieldValidation'],
    force: isSet(force),
  };
}
/** Who writes: as it says itself, or its program's name. */
export function managerNamed({
  query,
  userAgent = '',
}: {
  readonly query: URLSearchParams;
  readonly userAgent?: string | undefined;
}): string {
  return query.get('fieldManager') || (userAgent.split('/')[0] ?? '').slice(0, maxManagerLength) || 'unknown';
}
const validations: ReadonlySet<string> = new Set(['', 'Ignore', 'Warn', 'Strict']);
const maxManagerLength = 128;

export function wrongDryRun(values: readonly string[]): StatusCause[] {
  return values.some((value) => value !== 'All') ? [notSupported('dryRun', values, ['All'])] : [];
}

function wrongManager(manager: string, isApply: boolean): StatusCause[] {
  if (isApply && manager === '') return [required('fieldManager', 'is required for apply patch')];
  if (manager.length > maxManagerLength) return [tooLong('fieldManager', maxManagerLength)];
  return /^[\P{C}]*$/u.test(manager)
    ? []
    : [invalidValue('fieldManager', manager, 'should not contain unprintable character')];
}

export type VersionMatch = 'Exact' | 'NotOlderThan';

export interface ListOptions {
  readonly labels: Selector;
  readonly fields: FieldSelector;
  /** Absent: the newest. */
  readonly resourceVersion?: number;
  readonly versionMatch?: VersionMatch;
  /** 0: no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly timeoutSeconds?: number;
  readonly allowsBookmarks: boolean;
  readonly sendsInitialEvents?: boolean;
}

/** @throws {StatusError} BadRequest for what cannot be read, Invalid for what does not go together */
export function readListOptions(query: URLSearchParams, fieldLabels: readonly string[], isWatch: boolean): ListOptions {
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  checkFieldSelector(fields, fieldLabels);
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const version = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.get('sendInitialEvents');
  const timeout = query.get('timeoutSeconds');
  const token = query.get('continue') ?? '';
  const causes = isWatch
    ? wrongWatch(match, initial, isSet(query.get('allowWatchBookmarks')))
    : wrongList({ version, match, initial, token });
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
  return {
    labels,
    fields,
    limit: integerOf(query, 'limit') ?? 0,
    continue: token,
    allowsBookmarks: isSet(query.get('allowWatchBookmarks')),
    ...(version === '' ? {} : { resourceVersion: parseVersion(version) }),
    ...(match === '' ? {} : { versionMatch: match as VersionMatch }),
    ...(initial === null ? {} : { sendsInitialEvents: isSet(initial) }),
    ...(timeout === null ? {} : { timeoutSeconds: integerOf(query, 'timeoutSeconds') ?? 0 }),
  };
}

interface ListParts {
  readonly version: string;
  readonly match: string;
  readonly initial: string | null;
  readonly token: string;
}

function wrongList({ version, match, initial, token }: ListParts): StatusCause[] {
  const causes: StatusCause[] = [];
  const field = 'resourceVersionMatch';
  if (initial !== null) causes.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (match === '') return causes;
  if (version === '')
    causes.push(forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  if (token !== '') causes.push(forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided'));
  if (!matches.has(match)) causes.push(notSupported(field, match, matches));
  if (match === 'Exact' && version === '0') {
    causes.push(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return causes;
}
const matches: ReadonlySet<string> = new Set(['Exact', 'NotOlderThan']);

function wrongWatch(match: string, initial: string | null, allowsBookmarks: boolean): StatusCause[] {
  const field = 'resourceVersionMatch';
  if (initial === null) {
    if (match === '') return [];
    return [forbiddenField(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')];
  }
  const causes: StatusCause[] = [];
  if (match === '') {
    causes.push(forbiddenField(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  } else if (match !== 'NotOlderThan') {
    causes.push(notSupported(field, match, ['NotOlderThan']));
  }
  if (isSet(initial) && !allowsBookmarks) {
    causes.push(
      forbiddenField('allowWatchBookmarks', 'sendInitialEvents requires setting allowWatchBookmarks to true'),
    );
  }
  return causes;
}

/** @throws {StatusError} BadRequest */
export function parseVersion(text: string): number {
  const value = Number(text);
  if (/^\d{1,20}$/.test(text) && Number.isSafeInteger(value)) return value;
  const why = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
  const cause = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`;
  throw badRequest(`invalid resource version: ${cause}`);
}

function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (/^[-+]?\d{1,19}$/.test(text)) return Math.min(value, Number.MAX_SAFE_INTEGER);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** Rule: conversion of query parameters: what is there and is not `false` or `0` is true. */
export function isSet(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}
