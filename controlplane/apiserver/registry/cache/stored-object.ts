import { conformObject } from '#lib/api/json/decode.ts';
import { parseJson } from '#lib/api/json/parse.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { TypeSchema } from '#lib/api/schema.ts';

/**
 * One object as it was at a revision: its bytes as they are served, and what is read out of them when it is wanted.
 *
 * The parsed form stays at hand from the second time on, until the garbage collector drops it. Not from the first: most
 * are read once, when they are new, and to a collection of young objects what a WeakRef shows is alive. Labels and fields
 * stay, they are small.
 */
export class StoredObject {
  /** 'namespace/name', or 'name'. */
  readonly key: string;
  readonly revision: number;
  /** JSON with resourceVersion, in the version that is stored. */
  readonly bytes: Buffer;
  readonly #parse: Parse;
  #parsed: WeakRef<KubeObject> | undefined;
  #isKnown = false;
  #fields: Readonly<Record<string, string>> | undefined;
  #labels: Readonly<Record<string, string>> | undefined;

  /** @param labels where they are known, so that nothing need be read for them */
  constructor(key: string, revision: number, bytes: Buffer, parse: Parse, labels?: Readonly<Record<string, string>>) {
    this.key = key;
    this.revision = revision;
    this.bytes = bytes;
    this.#parse = parse;
    this.#labels = labels;
  }

  /** Shared by all who ask: never to be changed. */
  object(): KubeObject {
    const object = this.glance();
    if (this.#isKnown && this.#parsed?.deref() === undefined) this.#parsed = new WeakRef(object);
    this.#isKnown = true;
    return object;
  }

  /** The same for one who looks at thousands of them once. */
  glance(): KubeObject {
    return this.#parsed?.deref() ?? this.#parse(this.bytes);
  }

  labels(): Readonly<Record<string, string>> {
    this.#labels ??= this.glance().metadata.labels ?? noLabels;
    return this.#labels;
  }

  fields(selectable: (object: KubeObject) => Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    this.#fields ??= selectable(this.glance());
    return this.#fields;
  }

  get name(): string {
    return this.key.slice(this.key.indexOf('/') + 1);
  }

  /** The same state under another revision. */
  at(revision: number): StoredObject {
    const parsed = { ...this.object(), metadata: { ...this.object().metadata, resourceVersion: String(revision) } };
    return new StoredObject(this.key, revision, Buffer.from(JSON.stringify(parsed)), this.#parse);
  }
}
export const noLabels: Readonly<Record<string, string>> = {};

export type Parse = (bytes: Buffer) => KubeObject;

/**
 * How to read what this server has written: it needs no scan for mistakes. Only integers that a number cannot hold, and
 * `null` for lists that are absent, ask for a closer look.
 */
export function parserOf(type: TypeSchema): Parse {
  return remembering((bytes) => {
    const text = bytes.toString();
    const value = longNumber.test(text) ? parseJson(text).value : JSON.parse(text);
    return type.conform === undefined && text.includes(':null')
      ? (conformObject(value, type).object as unknown as KubeObject)
      : value;
  });
}
const longNumber = /[:[,]-?\d{16}/;

/** What is told of a change asks for the same few objects, one after another. */
function remembering(parse: Parse): Parse {
  const latest: { readonly bytes: Buffer; readonly object: KubeObject }[] = [];
  let next = 0;
  return (bytes) => {
    for (const known of latest) if (known.bytes === bytes) return known.object;
    const object = parse(bytes);
    latest[next] = { bytes, object };
    next = (next + 1) % 4;
    return object;
  };
}
