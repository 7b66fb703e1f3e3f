/** A string in JSON as Go writes it: `<`, `>`, `&`, U+2028 and U+2029 escaped. */
export function quote(text: string): string {
  if (!needsEscape.test(text)) return `"${text}"`;
  return JSON.stringify(text.isWellFormed() ? text : text.toWellFormed()).replace(html, escapeOf);
}

const needsEscape = /[\u0000-\u001f"\\<>&\u2028\u2029\ud800-\udfff]/;
const html = /[<>&\u2028\u2029]/g;

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * JSON of a value that has no type: keys sorted, or in the order in which they came.
 * @throws {RangeError} if it nests too deep for the stack: what was decoded does not
 */
export function writeAny(value: unknown, isSorted: boolean): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value === 0 ? 0 : value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value)
        ? `[${value.map((item) => writeAny(item, isSorted)).join(',')}]`
        : writeObject(value as Record<string, unknown>, isSorted);
    default:
      return 'null';
  }
}

function writeObject(value: Readonly<Record<string, unknown>>, isSorted: boolean): string {
  const keys = isSorted ? sortedKeys(value) : Object.keys(value);
  let text = '';
  for (const key of keys) {
    const item = value[key];
    if (item !== undefined) text += `${text === '' ? '{' : ','}${quote(key)}:${writeAny(item, isSorted)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

export function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  return keys.length > 1 ? keys.sort() : keys;
}
