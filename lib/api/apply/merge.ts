// What an applied configuration makes of an object, and what goes because it is applied no more. Pure.
// Rule: structured-merge-diff typed Merge, and Updater.prune.
import { isMap, itemsOf, type ListShape, type MapValue, type Value } from './elements.ts';
import { type Fields, isMember } from './fields.ts';
import type { Shape } from './shape.ts';

/** `live` with all that `config` sets; what merges is merged, the rest replaced. Shares what did not change. */
export function merged(live: Value, config: Value, shape: Shape): Value {
  if (live === undefined || live === null || config === null) return config;
  if (shape.is === 'map' && isMap(live) && isMap(config)) {
    const result: Record<string, unknown> = { ...live };
    for (const key in config) result[key] = merged(live[key], config[key], shape.fieldOf(key));
    return result;
  }
  if ((shape.is === 'list' || shape.is === 'set') && Array.isArray(live) && Array.isArray(config)) {
    return mergedList(live, config, shape);
  }
  return config;
}

/** Items of the configuration come in its order; those that are live only keep their places among them. */
function mergedList(live: readonly Value[], config: readonly Value[], shape: ListShape): Value {
  const before = itemsOf(live, shape);
  const wanted = itemsOf(config, shape);
  if (before === undefined || wanted === undefined) return config;
  const result: Value[] = [];
  const waiting = [...wanted.keys()];
  const item = (element: string): Value => {
    const own = wanted.get(element);
    return shape.is === 'set' ? own : merged(before.get(element), own, shape.item);
  };
  for (const [element, value] of before) {
    if (!wanted.has(element)) {
      result.push(value);
      continue;
    }
    const at = waiting.indexOf(element);
    if (at === -1) continue;
    for (const each of waiting.splice(0, at + 1)) result.push(item(each));
  }
  for (const each of waiting) result.push(item(each));
  return result;
}

/** `value` without the fields in `gone` of which nothing is in `kept`. Undefined: nothing is left. */
export function pruned(value: Value, gone: Fields, kept: Fields | undefined, shape: Shape): Value {
  if (isMember(gone) && kept === undefined) return undefined;
  if (shape.is === 'map' && isMap(value)) return prunedMap(value, gone, kept, shape);
  if ((shape.is === 'list' || shape.is === 'set') && Array.isArray(value)) {
    const items = itemsOf(value, shape);
    if (items === undefined) return value;
    const left = [...items].flatMap(([element, item]) => {
      const below = gone[element];
      if (below === undefined) return [item];
      const rest = pruned(item, below, kept?.[element], shape.is === 'set' ? { is: 'atomic' } : shape.item);
      if (rest === undefined) return [];
      return [shape.is === 'list' && isMap(item) && isMap(rest) ? { ...keysOf(item, shape), ...rest } : rest];
    });
    return left.length === 0 && value.length > 0 ? undefined : left;
  }
  return value;
}

/** An item that stays keeps what it is known by. */
function keysOf(item: MapValue, { keys }: Extract<Shape, { readonly is: 'list' }>): MapValue {
  return Object.fromEntries(keys.filter(({ name }) => item[name] !== undefined).map(({ name }) => [name, item[name]]));
}

function prunedMap(
  value: MapValue,
  gone: Fields,
  kept: Fields | undefined,
  shape: Extract<Shape, { readonly is: 'map' }>,
): Value {
  const result: Record<string, unknown> = {};
  let wasEmptied = true;
  for (const key in value) {
    const below = gone[`f:${key}`];
    const rest = below === undefined ? value[key] : pruned(value[key], below, kept?.[`f:${key}`], shape.fieldOf(key));
    if (rest === undefined) continue;
    result[key] = rest;
    wasEmptied = false;
  }
  return wasEmptied ? undefined : result;
}
