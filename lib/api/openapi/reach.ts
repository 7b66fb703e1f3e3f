import { type TypeSchema, typeNamed } from '#lib/api/schema.ts';

/** The types of these names and all that they refer to, by name. */
export function reachable(names: Iterable<string>): ReadonlyMap<string, TypeSchema> {
  const found = new Map<string, TypeSchema>();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    const type = typeNamed(name);
    found.set(name, type);
    if (type.facts.special !== undefined) continue;
    for (const { ref } of type.members) if (ref !== undefined) waiting.push(ref);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
