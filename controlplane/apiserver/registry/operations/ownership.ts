// Keeps in each object who owns which of its fields. On the way of every write: where nothing changes hands, nothing is made.
// Rule: Server-Side Apply, "Field management".
import { compare, createdFields, isEqual } from '#lib/api/apply/compare.ts';
import { afterUpdate, type Entries, entryOf, type Manager, owned } from '#lib/api/apply/managers.ts';
import { type Shape, shapeOf } from '#lib/api/apply/shape.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { managerNamed } from '../options.ts';
import type { ResourceCall } from '../registry.ts';
import { type Served, timeText } from '../served.ts';

export function shapeFor(served: Served): Shape {
  return served.shape ?? shapeOf(served.type);
}

export function managerOf(served: Served, call: ResourceCall): Manager {
  return { name: managerNamed(call), apiVersion: served.apiVersion, subresource: call.subresource ?? '' };
}

/** A new object is all its maker's. */
export function ownNew(served: Served, object: ApiObject, call: ResourceCall, nowMs: number): void {
  const fields = owned(createdFields(object, shapeFor(served)));
  if (fields === undefined) setEntries(object, []);
  else setEntries(object, [entryOf(managerOf(served, call), 'Update', fields, timeText(nowMs))]);
}

/** What of `next` differs from `previous` is now owned by who changed it. `sent`: what the client itself said of owners. */
export function ownChanged(
  served: Served,
  next: ApiObject,
  previous: KubeObject,
  { sent, call, nowMs }: { readonly sent: Entries | undefined; readonly call: ResourceCall; readonly nowMs: number },
): void {
  const before = entriesBefore(sent, previous.metadata.managedFields ?? []);
  // Objects that nobody was written down for stay so until somebody applies; bindings and evictions are the server's own.
  if (before.length === 0 || unowned.has(call.subresource ?? '')) {
    setEntries(next, before);
    return;
  }
  const comparison = compare(withoutEntries(previous), next, shapeFor(served));
  setEntries(
    next,
    afterUpdate(before, comparison, managerOf(served, call), () => timeText(nowMs)),
  );
}
const unowned: ReadonlySet<string> = new Set(['binding', 'eviction']);

/** A client may take entries over or away: to none by an empty list, or a list of one empty entry. */
function entriesBefore(sent: Entries | undefined, stored: Entries): Entries {
  if (sent === undefined || isEqual(sent, stored)) return stored;
  if (sent.every((entry) => Object.keys(entry).length === 0)) return [];
  const isReadable = sent.every(({ operation, fieldsType, fieldsV1 }) => {
    return (operation === 'Apply' || operation === 'Update') && fieldsType === 'FieldsV1' && fieldsV1 !== undefined;
  });
  return isReadable ? sent : stored;
}

/** The object as it is compared: its entries are not fields of anybody. */
export function withoutEntries<T extends KubeObject>(object: T): T {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _entries, ...metadata } = object.metadata;
  return { ...object, metadata };
}

export function setEntries(object: ApiObject, entries: Entries): void {
  const metadata = object.metadata as { managedFields?: Entries };
  if (entries.length === 0) delete metadata.managedFields;
  else metadata.managedFields = entries;
}
