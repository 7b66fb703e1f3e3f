// Small words for Tables. Rule: kubectl's default output; a cell of `-o wide` has priority 1.
import type { TableColumnDefinition } from '../types/meta.v1.ts';
import { age } from './duration.ts';

/**
 * Names of the columns; `wide` ones come last. Prefix `#` means a number, `?` yes or no, `@` a time (an
 * age is text by then). Numbers that upstream calls text are called so here.
 */
export function columns(names: readonly string[], wide: readonly string[] = []): readonly TableColumnDefinition[] {
  return [...names.map((name) => column(name, 0)), ...wide.map((name) => column(name, 1))];
}

function column(text: string, priority: number): TableColumnDefinition {
  const name = text.replace(/^[#@?]/, '');
  const type = name === 'Age' ? 'string' : (typeOfPrefix.get(text[0]!) ?? 'string');
  return { name, type, format: name === 'Name' ? 'name' : '', description: '', priority };
}

const typeOfPrefix: ReadonlyMap<string, string> = new Map([
  ['#', 'integer'],
  ['?', 'boolean'],
  ['@', 'date'],
]);

/** How long an object has existed. */
export function ageOf(meta: { readonly creationTimestamp?: string | undefined }, nowMs: number): string {
  return age(meta.creationTimestamp, nowMs);
}

/** `a,b,c`, or `<none>`. */
export function listed(values: readonly string[] | undefined, none = '<none>'): string {
  return values === undefined || values.length === 0 ? none : values.join(',');
}

/** Labels as `a=1,b=2`, in order. */
export function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return listed(pairs.sort());
}
