type Json = Readonly<Record<string, unknown>>;

/** `base` with what `over` says: objects field by field, all else as a whole; null takes away. Rule: JSON Merge Patch, RFC 7386. */
export function merged(base: Json, over: Json): Json {
  const made: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    if (value === null) delete made[name];
    else made[name] = isObject(value) ? merged(isObject(made[name]) ? made[name] : {}, value) : value;
  }
  return made;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
