import { quote, writeAny } from './text.ts';

/**
 * JSON of a set of fields (FieldsV1). It is written with every object, and is nearly all keys, the same ones again and
 * again: those are kept as they are written.
 */
export function writeFields(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return writeAny(value, false);
  const fields = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key in fields) text += `${text === '' ? '{' : ','}${written(key)}${writeFields(fields[key])}`;
  return text === '' ? '{}' : `${text}}`;
}

const known = new Map<string, string>();
const mostKnown = 4096; // then it starts anew

function written(key: string): string {
  const text = known.get(key);
  if (text !== undefined) return text;
  const made = `${quote(key)}:`;
  if (known.size >= mostKnown) known.clear();
  known.set(key, made);
  return made;
}
