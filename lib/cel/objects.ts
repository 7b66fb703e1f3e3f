import type { Environment } from '@marcbachmann/cel-js';
import { entryCall, type Messages, messageCall, presentCall } from './literals.ts';

/** A message that an expression made: `Object.spec{replicas: 3}`. */
export class ObjectValue extends Map<string, unknown> {
  readonly typeName: string;

  constructor(typeName: string, fields: Iterable<readonly [string, unknown]>) {
    super(fields);
    this.typeName = typeName;
  }
}

/** `JSONPatch{op: 'add', path: '/a', value: 1}`. */
export class PatchValue extends Map<string, unknown> {}

/** What expressions of mutations may make. Rule: k8s.io/apiserver pkg/cel/mutation. */
export const mutationMessages: Messages = {
  isKnown: (name) => name === 'JSONPatch' || /^Object(\.|$)/.test(name),
  fieldsOf: (name) => (name === 'JSONPatch' ? patchFields : undefined),
};
const patchFields: ReadonlySet<string> = new Set(['op', 'path', 'from', 'value']);

class AbsentEntry {}
const absent = new AbsentEntry();

class JsonPatchFunctions {}

type Mapping = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

/** What `withoutLiterals` makes of entries that may be absent. */
export function addEntryFunctions(environment: Environment): void {
  environment
    .registerType('AbsentEntry', { ctor: AbsentEntry, fields: {} })
    .registerFunction(`${entryCall}(optional<dyn>): dyn`, (one: { hasValue(): boolean; value(): unknown }) => {
      return one.hasValue() ? one.value() : absent;
    })
    .registerFunction(`${presentCall}(map<dyn, dyn>): map<dyn, dyn>`, (entries: Mapping) => new Map(presentIn(entries)))
    .registerFunction(`${presentCall}(list<dyn>): list<dyn>`, (items: readonly unknown[]) => {
      return items.filter((item) => item !== absent);
    });
}

export function addMutationFunctions(environment: Environment): void {
  environment
    .registerType('Object', { ctor: ObjectValue })
    .registerType('JSONPatch', { ctor: PatchValue })
    .registerType('jsonpatch.Functions', { ctor: JsonPatchFunctions, fields: {} })
    .registerConstant('jsonpatch', 'jsonpatch.Functions', new JsonPatchFunctions())
    .registerFunction('jsonpatch.Functions.escapeKey(string): string', (_: unknown, key: string) => {
      return key.replaceAll('~', '~0').replaceAll('/', '~1');
    })
    .registerFunction(`${messageCall}(string, map<dyn, dyn>): Object`, (name: string, fields: Mapping) => {
      return new ObjectValue(name, presentIn(fields));
    })
    .registerFunction(`${patchCall}(map<dyn, dyn>): JSONPatch`, (fields: Mapping) => new PatchValue(presentIn(fields)));
}
const patchCall = '__jsonPatch';

/** A call of its own, as the checker tells types by it. */
export function withPatchCalls(text: string): string {
  return text.replaceAll(`${messageCall}("JSONPatch", `, `${patchCall}(`);
}

function presentIn(fields: Mapping): readonly (readonly [string, unknown])[] {
  const entries = fields instanceof Map ? [...fields] : Object.entries(fields);
  return entries.filter(([, value]) => value !== absent);
}
