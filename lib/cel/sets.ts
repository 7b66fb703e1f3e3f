import type { Environment } from '@marcbachmann/cel-js';
import { isSame } from './values.ts';

type List = readonly unknown[];

class SetFunctions {}

/** Lists taken as sets. Rule: cel-go ext, sets. */
export function addSetFunctions(environment: Environment): void {
  const has = (list: List, item: unknown): boolean => list.some((one) => isSame(one, item));
  const holds = (list: List, items: List): boolean => items.every((item) => has(list, item));
  const type = 'sets.Functions';
  environment
    .registerType(type, { ctor: SetFunctions, fields: {} })
    .registerConstant('sets', type, new SetFunctions())
    .registerFunction(`${type}.contains(list, list): bool`, (_: unknown, a: List, b: List) => holds(a, b))
    .registerFunction(`${type}.equivalent(list, list): bool`, (_: unknown, a: List, b: List) => {
      return holds(a, b) && holds(b, a);
    })
    .registerFunction(`${type}.intersects(list, list): bool`, (_: unknown, a: List, b: List) => {
      return a.some((item) => has(b, item));
    });
}
