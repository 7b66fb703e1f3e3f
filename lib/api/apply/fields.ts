// Sets of fields, in the very form in which they are written (FieldsV1): `{"f:spec":{"f:replicas":{}}}`. Never changed in
// place: sets share their parts. Rule: structured-merge-diff fieldpath, serialization.

/** What lies below a path. Empty: the path itself. Else `.` says that the path itself is in it, too. */
export interface Fields {
  readonly [element: string]: Fields;
}

export const itself = '.';
export const leaf: Fields = Object.freeze({});

/** Whether the path of `node` itself is in the set. */
export function isMember(node: Fields): boolean {
  return itself in node || isLeaf(node);
}

function isLeaf(node: Fields): boolean {
  for (const _ in node) return false;
  return true;
}

function nodeOf(isIn: boolean, below: Record<string, Fields> | undefined): Fields | undefined {
  if (below === undefined) return isIn ? leaf : undefined;
  return isIn ? { [itself]: leaf, ...below } : below;
}

/** In either. Returns `a` itself where `b` adds nothing. */
export function union(a: Fields | undefined, b: Fields | undefined): Fields | undefined {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  let below: Record<string, Fields> | undefined;
  for (const key in b) {
    if (key === itself) continue;
    const joined = union(a[key], b[key])!;
    if (joined === a[key]) continue;
    below ??= { ...a };
    below[key] = joined;
  }
  const isIn = isMember(a) || isMember(b);
  if (below === undefined && isIn === isMember(a)) return a;
  const { [itself]: _self, ...rest } = below ?? a;
  return nodeOf(isIn, isLeaf(rest) ? undefined : rest);
}

/** In `a` and not in `b`. Returns `a` itself where nothing goes. */
export function difference(a: Fields | undefined, b: Fields | undefined): Fields | undefined {
  if (a === undefined || b === undefined) return a;
  if (a === b) return undefined;
  let below: Record<string, Fields> | undefined;
  let isSame = true;
  for (const key in a) {
    if (key === itself) continue;
    const left = difference(a[key], b[key]);
    if (left !== a[key]) isSame = false;
    if (left !== undefined) {
      below ??= {};
      below[key] = left;
    }
  }
  const isIn = isMember(a) && !isMember(b);
  return isSame && isIn === isMember(a) ? a : nodeOf(isIn, below);
}

/** In both. */
export function intersection(a: Fields | undefined, b: Fields | undefined): Fields | undefined {
  if (a === undefined || b === undefined) return undefined;
  let below: Record<string, Fields> | undefined;
  for (const key in a) {
    if (key === itself) continue;
    const both = intersection(a[key], b[key]);
    if (both === undefined) continue;
    below ??= {};
    below[key] = both;
  }
  return nodeOf(isMember(a) && isMember(b), below);
}

/** `a` without what is at or below paths in `b`. */
export function without(a: Fields | undefined, b: Fields): Fields | undefined {
  if (a === undefined || isMember(b)) return undefined;
  let below: Record<string, Fields> | undefined;
  for (const key in b) {
    if (a[key] === undefined) continue;
    below ??= { ...a };
    const left = without(a[key], b[key]!);
    if (left === undefined) delete below[key];
    else below[key] = left;
  }
  if (below === undefined) return a;
  return isLeaf(below) ? undefined : below;
}

export function isSameFields(a: Fields | undefined, b: Fields | undefined): boolean {
  if (a === b) return true;
  return difference(a, b) === undefined && difference(b, a) === undefined;
}

/** Every path in the set, as people read it: `.spec.containers[name="a"].image`. */
export function pathsOf(fields: Fields | undefined, prefix = ''): readonly string[] {
  if (fields === undefined) return [];
  const below = Object.keys(fields).filter((key) => key !== itself);
  const own = prefix !== '' && isMember(fields) ? [prefix] : [];
  return [...own, ...below.flatMap((key) => pathsOf(fields[key], prefix + shown(key)))];
}

function shown(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  if (element.startsWith('i:')) return `[${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}
