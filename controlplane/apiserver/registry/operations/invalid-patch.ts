// How a patch is refused that leads to no object of its kind. Pure. Rule: apiserver endpoints/handlers/patch.go: what a
// JSON or merge patch makes is shown whole, of a strategic one the patch itself, as Go prints maps.
import { invalidValue } from '#lib/api/field-errors.ts';
import { writeAny } from '#lib/api/json/text.ts';
import { invalid, StatusError } from '#lib/api/status.ts';

/** Runs `make`; what it finds unreadable becomes a complaint about the patch. */
export function readingPatch<T>(
  make: () => T,
  facts: { readonly isStrategic: boolean; readonly shown: () => unknown },
): T {
  try {
    return make();
  } catch (error) {
    const why = error instanceof StatusError ? prefix.exec(error.message)?.[1] : undefined;
    if (why === undefined) throw error;
    const { isStrategic, shown } = facts;
    const text = isStrategic ? goMap(shown()) : writeAny(shown(), false);
    throw invalid({ group: '', kind: '' }, '', [invalidValue('patch', text, isStrategic ? restored(why) : why)]);
  }
}
const prefix = /^\S+ in version "[^"]*" cannot be handled as a \S+: ([\s\S]*)$/;

/** As fmt prints what was decoded from JSON with %+v. */
export function goMap(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, one]) => `${key}:${goMap(one)}`).join(' ')}]`;
}

/** The same complaint in the words of who reads maps instead of JSON. Rule: runtime DefaultUnstructuredConverter. */
function restored(why: string): string {
  const [, from, to] = /^json: cannot unmarshal (\w+) into .* of type (.+)$/.exec(why) ?? [];
  const kind = kinds[from ?? ''];
  if (kind === undefined || to === undefined) return why;
  if (to.startsWith('map[')) return `cannot restore map from ${kind.name}`;
  if (to.startsWith('[]')) return `cannot restore slice from ${kind.name}`;
  if (to.includes('.')) return `cannot restore struct from: ${kind.name}`;
  return `cannot convert ${kind.type} to ${to}`;
}
const kinds: Readonly<Record<string, { readonly name: string; readonly type: string }>> = {
  number: { name: 'int64', type: 'int64' },
  string: { name: 'string', type: 'string' },
  bool: { name: 'bool', type: 'bool' },
  array: { name: 'slice', type: '[]interface {}' },
  object: { name: 'map', type: 'map[string]interface {}' },
};
