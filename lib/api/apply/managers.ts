// Who owns which fields of an object, after an update and after an apply. Pure.
// Rule: structured-merge-diff merge.Updater; apimachinery managedfields.
import type { ManagedFieldsEntry } from '../types/meta.v1.ts';
import type { Comparison } from './compare.ts';
import { difference, type Fields, intersection, isSameFields, leaf, union, without } from './fields.ts';

export type Entries = readonly ManagedFieldsEntry[];

export interface Manager {
  readonly name: string;
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
}

export interface Conflict {
  readonly entry: ManagedFieldsEntry;
  readonly fields: Fields;
}

/** What the server writes itself, and nobody owns. Rule: fieldmanager stripMeta. */
const ownerless: Fields = {
  'f:apiVersion': leaf,
  'f:kind': leaf,
  'f:metadata': {
    'f:name': leaf,
    'f:namespace': leaf,
    'f:creationTimestamp': leaf,
    'f:selfLink': leaf,
    'f:uid': leaf,
    'f:generation': leaf,
    'f:managedFields': leaf,
    'f:resourceVersion': leaf,
  },
};

export function owned(fields: Fields | undefined): Fields | undefined {
  return without(fields, ownerless);
}

/** `before` itself where nothing changes hands. */
export function afterUpdate(
  before: Entries,
  { changed, removed }: Comparison,
  manager: Manager,
  timeNow: () => string,
): Entries {
  const [more, less] = [owned(changed), owned(removed)];
  if (more === undefined && less === undefined) return before;
  const next: ManagedFieldsEntry[] = [];
  let isSame = true;
  let isFound = false;
  for (const entry of before) {
    const fields = entry.fieldsV1 as Fields | undefined;
    const isOwn = entry.operation === 'Update' && isManager(entry, manager);
    if (isOwn) isFound = true;
    const kept = difference(fields, less);
    const left = isOwn ? union(kept, more) : difference(kept, more);
    if (left === fields) next.push(entry);
    else {
      isSame = false;
      if (left !== undefined) next.push({ ...entry, fieldsV1: left, ...(isOwn ? { time: timeNow() } : {}) });
    }
  }
  if (isFound || more === undefined) return isSame ? before : inOrder(next);
  return inOrder(capped([...next, entryOf(manager, 'Update', more, timeNow())], manager));
}

/** What stands there once `fields` are applied, and who else would lose fields that the apply changes. */
export function afterApply(
  before: Entries,
  fields: Fields | undefined,
  { changed, removed }: Comparison,
  manager: Manager,
  time: string,
): { readonly entries: Entries; readonly conflicts: readonly Conflict[] } {
  const conflicts: Conflict[] = [];
  const next: ManagedFieldsEntry[] = [];
  let own: ManagedFieldsEntry | undefined;
  for (const entry of before) {
    if (entry.operation === 'Apply' && isManager({ ...entry, apiVersion: manager.apiVersion }, manager)) {
      own = entry;
      continue;
    }
    const theirs = entry.fieldsV1 as Fields | undefined;
    const lost = intersection(theirs, owned(changed));
    if (lost !== undefined) conflicts.push({ entry, fields: lost });
    const left = difference(difference(theirs, lost), owned(removed));
    if (left !== undefined) next.push(left === theirs ? entry : { ...entry, fieldsV1: left });
  }
  if (fields !== undefined) {
    const isKept = own?.apiVersion === manager.apiVersion && isSameFields(own.fieldsV1 as Fields, fields);
    next.push(isKept ? own! : entryOf(manager, 'Apply', fields, time));
  }
  return { entries: inOrder(next), conflicts };
}

/** What `manager` applied last. */
export function lastApplied(entries: Entries, manager: Manager): Fields | undefined {
  const own = entries.find((entry) => {
    return entry.operation === 'Apply' && isManager({ ...entry, apiVersion: manager.apiVersion }, manager);
  });
  return own?.fieldsV1 as Fields | undefined;
}

/** All that others than `manager`, applying, own. */
export function ownedByOthers(entries: Entries, manager: Manager): Fields | undefined {
  return entries
    .filter((entry) => entry.operation !== 'Apply' || !isManager({ ...entry, apiVersion: manager.apiVersion }, manager))
    .reduce<Fields | undefined>((all, entry) => union(all, entry.fieldsV1 as Fields | undefined), undefined);
}

function isManager(entry: ManagedFieldsEntry, { name, apiVersion, subresource }: Manager): boolean {
  return entry.manager === name && entry.apiVersion === apiVersion && (entry.subresource ?? '') === subresource;
}

export function entryOf(
  manager: Manager,
  operation: 'Apply' | 'Update',
  fields: Fields,
  time: string,
): ManagedFieldsEntry {
  const { name, apiVersion, subresource } = manager;
  return {
    manager: name,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource === '' ? {} : { subresource }),
  } as ManagedFieldsEntry;
}

/** Many writers with names of their own are put together. Rule: capManagersManager. */
function capped(entries: readonly ManagedFieldsEntry[], { apiVersion }: Manager): readonly ManagedFieldsEntry[] {
  const updates = entries.filter(({ operation }) => operation === 'Update');
  if (updates.length <= mostUpdaters) return entries;
  const byAge = updates.toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1));
  const old = byAge.filter((entry) => entry.apiVersion === apiVersion).slice(0, updates.length - mostUpdaters + 1);
  if (old.length < 2) return entries;
  const fields = old.reduce<Fields | undefined>((all, entry) => union(all, entry.fieldsV1 as Fields), undefined);
  const manager = { name: 'ancient-changes', apiVersion, subresource: '' };
  const rest = entries.filter((entry) => !old.includes(entry));
  return [...rest, entryOf(manager, 'Update', fields ?? leaf, old.at(-1)!.time ?? '')];
}
const mostUpdaters = 10;

function inOrder(entries: readonly ManagedFieldsEntry[]): Entries {
  return entries.length < 2 ? entries : entries.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ operation, time, manager, apiVersion, subresource }: ManagedFieldsEntry): string {
  return [operation, time, manager, apiVersion, subresource].join('\u0000');
}
