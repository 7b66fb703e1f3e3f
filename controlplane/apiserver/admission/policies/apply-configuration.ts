// What an apply configuration made by an expression does to an object. Pure.
// Rule: k8s.io/apiserver admission/plugin/policy/mutating/patch, smd; and structured-merge-diff typed, validation.
import { isMap, itemsOf } from '#lib/api/apply/elements.ts';
import { merged } from '#lib/api/apply/merge.ts';
import type { Shape } from '#lib/api/apply/shape.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { ObjectValue } from '#lib/cel/objects.ts';
import { fromCel } from '#lib/cel/values.ts';

/** @throws {Error} if `configuration` is none for such an object */
export function applyConfiguration(object: KubeObject, configuration: unknown, shape: Shape): unknown {
  if (!(configuration instanceof ObjectValue)) throw new Error('must evaluate to Object');
  const wrong = misnamedIn(configuration, 'Object');
  if (wrong.length > 0) throw new Error(`type mismatch: ${wrong.join('\n')}`);
  const patch = fromCel(configuration) as Readonly<Record<string, unknown>>;
  const { apiVersion, kind } = object;
  const whole = { ...patch, apiVersion, kind };
  const [problem] = problemsIn(whole, shape, '');
  if (problem !== undefined) {
    throw new Error(`error applying patch: failed to convert patch object to typed object: ${problem}`);
  }
  const atomics = atomicsIn(whole, shape, '');
  if (atomics.length > 0) {
    const why = `may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`;
    throw new Error(`error applying patch: invalid ApplyConfiguration: ${why}`);
  }
  return merged(object, whole, shape);
}

/** Each message is named by where it stands: `Object.spec.template`. Maps and lists between them do not count. */
export function misnamedIn(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => misnamedIn(item, path));
  if (!(value instanceof ObjectValue)) {
    return value instanceof Map ? [...value.values()].flatMap((item) => misnamedIn(item, path)) : [];
  }
  const { typeName } = value;
  const own =
    typeName === path
      ? []
      : [
          `unexpected type name ${JSON.stringify(typeName)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`,
        ];
  return [...own, ...[...value].flatMap(([name, field]) => misnamedIn(field, `${path}.${name}`))];
}

function problemsIn(value: unknown, shape: Shape, path: string): readonly string[] {
  if (shape.is === 'map' && isMap(value)) {
    return Object.entries(value).flatMap(([name, field]) => {
      const where = `${path}.${name}`;
      if (shape.isDeclared?.(name) === false) return [`${where}: field not declared in schema`];
      return problemsIn(field, shape.fieldOf(name), where);
    });
  }
  if ((shape.is === 'list' || shape.is === 'set') && Array.isArray(value)) {
    const own = itemsOf(value, shape) === undefined ? [`${path}: ${whyNoItems(value, shape)}`] : [];
    const item: Shape = shape.is === 'list' ? shape.item : { is: 'atomic' };
    return [...own, ...value.flatMap((one, index) => problemsIn(one, item, `${path}[${index}]`))];
  }
  return [];
}

function whyNoItems(value: readonly unknown[], shape: Extract<Shape, { readonly is: 'list' | 'set' }>): string {
  if (shape.is === 'set') return 'duplicate entries';
  const lacks = shape.keys.find(
    (key) => key.default === undefined && value.some((one) => !isMap(one) || !one[key.name]),
  );
  return lacks === undefined
    ? `duplicate entries for key [${shape.keys.map(({ name }) => name).join(',')}]`
    : `element 0: associative list with keys has an element that omits key field ${JSON.stringify(lacks.name)} (and doesn't have default value)`;
}

/** What would be replaced as a whole: people mean to change a part of it. */
function atomicsIn(value: unknown, shape: Shape, path: string): readonly string[] {
  if (Array.isArray(value)) {
    if (shape.is === 'atomic' || shape.is === 'map') return [path];
    const item: Shape = shape.is === 'list' ? shape.item : { is: 'atomic' };
    return value.flatMap((one, index) => atomicsIn(one, item, `${path}[${index}]`));
  }
  if (!isMap(value)) return [];
  if (shape.is !== 'map') return [path];
  return Object.entries(value).flatMap(([name, field]) => atomicsIn(field, shape.fieldOf(name), `${path}.${name}`));
}
