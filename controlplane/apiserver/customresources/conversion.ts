// From the version in which an object is stored to the one in which it is served, and back.
// Rule: CustomResourceDefinition versions, "Webhook conversion"; "Defaulting" for what reading from storage fills in.
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { TypeSchema } from '#lib/api/schema.ts';
import { withDefaults } from '#lib/api/structural/default.ts';
import { prune } from '#lib/api/structural/prune.ts';
import type { StoredObject } from '../registry/cache/stored-object.ts';
import type { Conversion } from '../registry/served.ts';
import type { Definition, Version } from './resource.ts';
import { schemaOf } from './type.ts';

/** Asks whoever knows both versions; answers in the order asked. @throws {StatusError} */
export type Convert = (
  objects: readonly KubeObject[],
  apiVersion: string,
  signal: AbortSignal,
) => Promise<readonly KubeObject[]>;

export interface ConversionOptions {
  readonly definition: Definition;
  readonly version: Version;
  readonly storage: Version;
  /** Of the storage version. */
  readonly type: TypeSchema;
  /** Absent: versions differ by name alone. */
  readonly convert?: Convert;
}

export function createConversion({ definition, version, storage, type, convert }: ConversionOptions): Conversion {
  const { group, versions } = definition.spec;
  const apiVersion = `${group}/${version.name}`;
  const storedVersion = `${group}/${storage.name}`;
  const schemas = new Map(versions.map((one) => [`${group}/${one.name}`, schemaOf(one)]));
  // Each as long as the cache holds the object that it was made of.
  const views = new WeakMap<StoredObject, KubeObject>();
  const plain = new WeakSet<StoredObject>();

  /** As its own version has it today: an object may have been stored under another schema. */
  function readable(stored: StoredObject): KubeObject {
    const object = stored.object();
    const schema = schemas.get(object.apiVersion ?? '');
    if (schema === undefined) return object;
    const read = withDefaults(prune(object, schema, true).value, schema) as KubeObject;
    if (read === object && object.apiVersion === apiVersion) plain.add(stored);
    return read;
  }

  function renamed(object: KubeObject, to: string): KubeObject {
    if (object.apiVersion === to) return object;
    const schema = schemas.get(to);
    const other = { ...object, apiVersion: to };
    return schema === undefined ? other : (prune(other, schema, true).value as KubeObject);
  }

  async function ready(stored: readonly StoredObject[], ask: Convert, signal: AbortSignal): Promise<void> {
    const others = stored.filter((one) => !views.has(one) && one.object().apiVersion !== apiVersion);
    if (others.length === 0) return;
    const converted = await ask(others.map(readable), apiVersion, signal);
    for (const [index, one] of others.entries()) views.set(one, renamed(converted[index]!, apiVersion));
  }

  return {
    type,
    view(stored) {
      if (plain.has(stored)) return stored.object();
      const known = views.get(stored);
      if (known !== undefined) return known;
      const read = readable(stored);
      if (plain.has(stored)) return read;
      const view = renamed(read, apiVersion);
      views.set(stored, view);
      return view;
    },
    isPlain(stored) {
      this.view(stored);
      return plain.has(stored);
    },
    async toStored(object, signal) {
      if (object.apiVersion === storedVersion) return object;
      if (convert === undefined) return renamed(object, storedVersion) as ApiObject;
      const [converted] = await convert([object], storedVersion, signal);
      return renamed(converted!, storedVersion) as ApiObject;
    },
    ...(convert === undefined ? {} : { ready: (stored, signal) => ready(stored, convert, signal) }),
  };
}
