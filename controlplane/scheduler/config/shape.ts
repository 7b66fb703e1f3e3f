// Whether a document is what it says: every field known, every value of its type. Fields that nobody knows are refused.

export type Shape = 'string' | 'number' | 'boolean' | 'duration' | 'any' | ListShape | ObjectShape;

export interface ListShape {
  readonly list: Shape;
}

export interface ObjectShape {
  readonly fields: Readonly<Record<string, Shape>>;
}

/** What is wrong with `value`, each with the path of where it stands. */
export function mistakesIn(value: unknown, shape: Shape, path = ''): readonly string[] {
  if (value === undefined || value === null || shape === 'any') return [];
  if (typeof shape === 'string') return rightType(value, shape) ? [] : [`${path}: must be a ${shape}`];
  if ('list' in shape) {
    if (!Array.isArray(value)) return [`${path}: must be a list`];
    return value.flatMap((item, i) => mistakesIn(item, shape.list, `${path}[${i}]`));
  }
  if (typeof value !== 'object' || Array.isArray(value)) return [`${path || 'the document'}: must be an object`];
  return Object.entries(value).flatMap(([name, inner]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const known = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
    return known === undefined ? [`unknown field "${at}"`] : mistakesIn(inner, known, at);
  });
}

function rightType(value: unknown, type: Extract<Shape, string>): boolean {
  if (type === 'duration') return typeof value === 'string' && /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(value);
  return typeof value === type;
}
