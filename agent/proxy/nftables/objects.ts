/**
 * What a table holds, as text: 'chain NAME' with a line for each rule (the first line is the hook, or empty),
 * 'set NAME' and 'map NAME' with their definition, 'element SET KEY' with its value ('' in a set).
 */
export type Objects = ReadonlyMap<string, string>;

export function chain(name: string): string {
  return `chain ${name}`;
}

export function chainText(rules: readonly string[], hook = ''): string {
  return [hook, ...rules].join('\n');
}

export function element(set: string, key: string): string {
  return `element ${set} ${key}`;
}

/** 'element SET KEY' or 'chain NAME' in its parts; a key may hold blanks. */
export function splitObject(id: string): { readonly kind: string; readonly name: string; readonly key: string } {
  const [kind = '', name = ''] = id.split(' ', 2);
  return { kind, name, key: id.slice(kind.length + name.length + 2) };
}
