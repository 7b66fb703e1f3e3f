import { type TypeSchema, typeNamed } from '../schema.ts';
import { badRequest } from '../status.ts';

export interface FieldStrategy {
  /** Maps merge unless told to be replaced; lists are replaced unless told to merge. */
  readonly strategy: 'merge' | 'replace' | undefined;
  readonly mergeKey: string | undefined;
  /** The type of the field, of its items, or of its values. Absent: scalars. */
  readonly schema: TypeSchema | undefined;
}

/**
 * How the field `key` of a type is merged.
 * @throws {StatusError} BadRequest if the type has no such field: it cannot be told how to merge it
 */
export function strategyOf(schema: TypeSchema | undefined, key: string): FieldStrategy {
  const member = schema?.byJson.get(key);
  if (member === undefined) {
    const struct = schema?.name.split('.').at(-1) ?? '';
    throw badRequest(`unable to find api field in struct ${struct} for the json field ${JSON.stringify(key)}`);
  }
  const said = (member.patchStrategy ?? '').split(',');
  const strategy = said.includes('merge') ? 'merge' : said.includes('replace') ? 'replace' : undefined;
  const inner = member.ref === undefined ? undefined : typeNamed(member.ref);
  // A map's values are reached by any key: a type that knows them all stands in for it.
  return { strategy, mergeKey: member.patchMergeKey, schema: member.map === undefined ? inner : mapOf(inner) };
}

/** The type of a map whose values have the type `values`. */
function mapOf(values: TypeSchema | undefined): TypeSchema {
  const ref = values === undefined ? {} : { ref: values.name };
  const byJson = { get: (json: string) => ({ json, ...ref }) } as unknown as TypeSchema['byJson'];
  return { name: 'map', facts: {}, members: [], byJson };
}
