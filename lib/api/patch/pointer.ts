// Places within a JSON document, by JSON pointer (RFC 6901). The document belongs to the caller and is changed in place.
import { doesNotApply } from './errors.ts';
import { deepCopy, isEqual, isMap, put } from './value.ts';

export const copyOf = deepCopy;

export function valueAt(document: unknown, pointer: string): unknown {
  return parts(pointer).reduce(down, document);
}

/** An absent value is equal to null. */
export function isEqualAt(document: unknown, pointer: string, value: unknown): boolean {
  const path = parts(pointer);
  const last = path.pop();
  if (last === undefined) return isEqual(document, value);
  const parent = path.reduce(down, document);
  if (isMap(parent) && !Object.hasOwn(parent, last)) return value === null;
  return isEqual(down(parent, last), value);
}

export function addAt(document: unknown, pointer: string, value: unknown): unknown {
  return change(document, pointer, value, (parent, last) => {
    if (!Array.isArray(parent)) put(parent, last, value);
    else parent.splice(last === '-' ? parent.length : indexIn(last, parent.length + 1), 0, value);
  });
}

export function replaceAt(document: unknown, pointer: string, value: unknown): unknown {
  return change(document, pointer, value, (parent, last) => {
    down(parent, last);
    if (Array.isArray(parent)) parent[indexIn(last, parent.length)] = value;
    else put(parent, last, value);
  });
}

export function removeAt(document: unknown, pointer: string): unknown {
  return change(document, pointer, null, (parent, last) => {
    down(parent, last);
    if (Array.isArray(parent)) parent.splice(indexIn(last, parent.length), 1);
    else delete parent[last];
  });
}

type Parent = unknown[] | { [key: string]: unknown };

function change(
  document: unknown,
  pointer: string,
  whole: unknown,
  at: (parent: Parent, last: string) => void,
): unknown {
  const path = parts(pointer);
  const last = path.pop();
  if (last === undefined) return whole;
  const parent = path.reduce(down, document);
  if (!Array.isArray(parent) && !isMap(parent)) throw doesNotApply();
  at(parent, last);
  return document;
}

function down(parent: unknown, part: string): unknown {
  if (Array.isArray(parent)) return parent[indexIn(part, parent.length)];
  if (!isMap(parent) || !Object.hasOwn(parent, part)) throw doesNotApply();
  return parent[part];
}

/** Counts from the end if negative. */
function indexIn(part: string, length: number): number {
  if (!/^-?\d{1,9}$/.test(part)) throw doesNotApply();
  const index = Number(part) < 0 ? Number(part) + length : Number(part);
  if (index < 0 || index >= length) throw doesNotApply();
  return index;
}

function parts(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw doesNotApply();
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** About as many bytes as the value takes in JSON. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item) + 1, 2);
  if (!isMap(value)) return 8;
  return Object.keys(value).reduce((sum, key) => sum + key.length + 4 + sizeOf(value[key]), 2);
}
