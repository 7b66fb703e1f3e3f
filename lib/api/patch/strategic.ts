// Strategic merge patch: a merge patch that knows which lists merge, and by which key.
// Rule: apimachinery strategicpatch; which lists merge is told by the schema (patchStrategy, patchMergeKey).
import type { TypeSchema } from '../schema.ts';
import { badRequest } from '../status.ts';
import { directives, withoutDirectives, withoutNulls } from './directives.ts';
import { wrongForm } from './form.ts';
import { deleteFrom, mergeMaps, mergeScalars } from './lists.ts';
import { elementOrder, inOrder } from './order.ts';
import { type FieldStrategy, strategyOf } from './strategy.ts';
import { copyMap, isMap, type JsonMap, own, put } from './value.ts';

/**
 * `document` changed as `patch` says; the document stays as it is. Absent schema (custom resources): refused.
 * @throws {StatusError} BadRequest if the patch is malformed or names a list or map that the schema does not know
 */
export function applyStrategicPatch(document: unknown, patch: unknown, schema: TypeSchema): unknown {
  if (!isMap(patch)) throw wrongForm(patch, 'map[string]interface {}', '');
  return mergeMap(isMap(document) ? document : {}, patch, schema);
}

function mergeMap(original: JsonMap, patch: JsonMap, schema: TypeSchema | undefined): JsonMap {
  const directive = own(patch, directives.patch);
  if (directive !== undefined) return replaced(directive, patch);
  const kept = retained(original, patch);
  const result = copyMap(kept);
  const done = applyOrders(result, patch, schema);
  for (const key of Object.keys(patch)) {
    if (!done.has(key) && key !== directives.retainKeys) mergeKey(result, key, patch[key], schema);
  }
  return result;
}

function mergeKey(result: JsonMap, key: string, value: unknown, schema: TypeSchema | undefined): void {
  if (key.startsWith(directives.deleteFrom)) {
    const list = key.slice(directives.deleteFrom.length);
    if (!Array.isArray(value)) throw badFormat('primitive list');
    const before = own(result, list);
    if (Array.isArray(before)) put(result, list, deleteFrom(before, value));
    return;
  }
  if (value === null) {
    delete result[key];
    return;
  }
  put(result, key, mergeValue(own(result, key), value, key, schema));
}

function mergeValue(before: unknown, value: unknown, key: string, schema: TypeSchema | undefined): unknown {
  if (isMap(before) && isMap(value)) {
    const field = strategyOf(schema, key);
    return field.strategy === 'replace' ? withoutDirectives(value) : mergeMap(before, value, field.schema);
  }
  if (Array.isArray(before) && Array.isArray(value)) return mergeList(before, value, strategyOf(schema, key));
  return withoutDirectives(withoutNulls(value));
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], field: FieldStrategy): unknown[] {
  if (field.strategy !== 'merge') return [...patch];
  if (original.length === 0 && patch.length === 0) return [];
  checkSameType([...original, ...patch]);
  if (!isMap(original[0] ?? patch[0])) {
    const merged = mergeScalars(original, patch);
    return inOrder(merged, patch, original, undefined);
  }
  const { mergeKey: name } = field;
  if (name === undefined) throw badRequest('cannot merge lists without merge key');
  const { merged, ordered } = mergeMaps(original as JsonMap[], patch as JsonMap[], name, (before, change) =>
    mergeMap(before, change, field.schema),
  );
  return inOrder(merged, ordered, original, name);
}

/** What `$setElementOrder/x` asks for. Returns the keys that are done with. */
function applyOrders(result: JsonMap, patch: JsonMap, schema: TypeSchema | undefined): ReadonlySet<string> {
  const done = new Set<string>();
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(directives.order)) continue;
    done.add(key);
    const list = key.slice(directives.order.length);
    const order = patch[key];
    if (!Array.isArray(order)) throw badFormat('setElementOrder list');
    const before = own(result, list);
    const change = own(patch, list);
    const field = strategyOf(schema, list);
    if (Array.isArray(change)) elementOrder(order, change, field.mergeKey);
    const merged = listFrom(before, change, field);
    if (merged === undefined) continue;
    put(result, list, inOrder(merged, order, Array.isArray(before) ? before : [], field.mergeKey));
    if (change !== undefined) done.add(list);
  }
  return done;
}

function listFrom(before: unknown, change: unknown, field: FieldStrategy): unknown[] | undefined {
  if (Array.isArray(before) && Array.isArray(change)) return mergeList(before, change, field);
  if (Array.isArray(change)) return withoutDirectives(withoutNulls(change)) as unknown[];
  return Array.isArray(before) && change === undefined ? before : undefined;
}

/** `$patch: replace` takes the patch for the whole; `$patch: delete` empties. */
function replaced(directive: unknown, patch: JsonMap): JsonMap {
  if (directive === 'delete') return {};
  if (directive !== 'replace') throw badRequest(`unknown patch type '${String(directive)}' in map`);
  const whole = copyMap(patch);
  delete whole[directives.patch];
  return withoutDirectives(whole) as JsonMap;
}

/** `$retainKeys` drops every key of the original that it does not name. */
function retained(original: JsonMap, patch: JsonMap): JsonMap {
  const keys = own(patch, directives.retainKeys);
  if (keys === undefined) return original;
  if (!Array.isArray(keys)) throw badFormat('retainKeys');
  for (const key of Object.keys(patch)) {
    if (!key.startsWith('$') && patch[key] !== null && !keys.includes(key)) throw badFormat('retainKeys');
  }
  const result = copyMap(original);
  for (const key of Object.keys(result)) if (!keys.includes(key)) delete result[key];
  return result;
}

function checkSameType(items: readonly unknown[]): void {
  const type = typeOf(items[0]);
  if (type === 'list') throw badRequest('lists of lists are not supported');
  if (items.some((item) => typeOf(item) !== type)) throw badRequest('list element types are not identical');
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  return isMap(value) ? 'map' : typeof value;
}

function badFormat(what: string): Error {
  return badRequest(`invalid patch format of ${what}`);
}
