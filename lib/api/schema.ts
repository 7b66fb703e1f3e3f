// The one schema of every built-in kind: decoding, protobuf, OpenAPI, patches and Tables all read it.
import { readFileSync } from 'node:fs';
import type { FieldFacts, GroupFacts, ResourceFacts, TypeFacts } from './facts.ts';

/** A type with its fields made easy to find. Inlined structs are dissolved into `members`. */
export interface TypeSchema {
  /** OpenAPI definition name, such as `io.k8s.api.core.v1.Pod`. */
  readonly name: string;
  readonly facts: TypeFacts;
  /** Fields with a JSON key, in the order a server writes them. */
  readonly members: readonly Member[];
  readonly byJson: ReadonlyMap<string, Member>;
  /**
   * Of custom resources, which have no members: takes a whole object for its members, and names the fields that are none.
   * @throws {JsonError} if a value cannot be read as what it is
   */
  conform?(object: Readonly<Record<string, unknown>>): {
    readonly object: Record<string, unknown>;
    readonly unknownFields: readonly string[];
  };
}

export interface Member extends FieldFacts {
  readonly json: string;
  /** Definition name of the struct (or of the items or map values) that the field holds, if it holds one. */
  readonly ref?: string;
}

const folder = new URL('facts/', import.meta.url);
const types = new Map(Object.entries(load<Record<string, TypeFacts>>('types.json')));
const made = new Map<string, TypeSchema>();
const names = new Map<string, string>();
for (const [name, facts] of types) for (const gvk of facts.gvk ?? []) names.set(gvk.join('/'), name);

/** Served resources, in discovery order. */
export const resourceFacts: readonly ResourceFacts[] = load('resources.json');
/** API groups, in discovery order. */
export const groupFacts: readonly GroupFacts[] = load('groups.json');

function load<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
}

/** @throws {TypeError} if there is no such definition: a mistake in the facts, not of a user */
export function typeNamed(name: string): TypeSchema {
  const known = made.get(name);
  if (known !== undefined) return known;
  const facts = types.get(name);
  if (facts === undefined) throw new TypeError(`No type is named ${name}`);
  const members = dissolve(facts);
  const schema = { name, facts, members, byJson: new Map(members.map((member) => [member.json, member])) };
  made.set(name, schema);
  return schema;
}

/** The type of a top-level kind, if it is a built-in one. */
export function typeOfKind(group: string, version: string, kind: string): TypeSchema | undefined {
  const name = names.get(`${group}/${version}/${kind}`);
  return name === undefined ? undefined : typeNamed(name);
}

/** All definition names. */
export function typeNames(): Iterable<string> {
  return types.keys();
}

function dissolve(facts: TypeFacts): readonly Member[] {
  return (facts.fields ?? []).flatMap((field) => {
    if (field.inline) return dissolve(types.get(field.type!.slice('ref:'.length))!);
    if (field.json === undefined) return [];
    const ref = /ref:([^>]+)/.exec(field.map ?? field.type ?? '')?.[1];
    return [{ ...field, json: field.json, ...(ref === undefined ? {} : { ref }) }];
  });
}
