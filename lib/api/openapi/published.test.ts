// What is published, at the level of 1.36, beside the facts of 1.36 and beside what a client was generated from.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { FieldFacts, ResourceFacts, TypeFacts } from '#lib/api/facts.ts';
import type { Schema } from './definition.ts';

type Types = Record<string, TypeFacts>;
interface Document {
  readonly paths: Record<string, Record<string, Operation> & { readonly parameters: readonly { name: string }[] }>;
  readonly definitions: Record<string, Definition>;
}
interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}
interface Definition extends Schema {
  readonly properties?: Record<string, Schema>;
}

const library = fileURLToPath(new URL('../..', import.meta.url));
const facts = join(library, 'api', 'facts');
const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8'));
const delta = read<{ readonly remove: readonly string[]; readonly set: Types }>(
  fileURLToPath(new URL('testdata/types.v1.36-delta.json', import.meta.url)),
);
const types: Types = { ...read<Types>(join(facts, 'types.json')), ...delta.set };
for (const name of delta.remove) delete types[name];
const resources = read<readonly ResourceFacts[]>(join(facts, 'resources.json'))
  .filter(({ served, subresourceOnly }) => served.includes('1.36') || subresourceOnly)
  .map((one) => ({
    ...one,
    subresources: one.subresources.filter(({ name }) => `${one.plural}/${name}` !== 'csinodes/status'), // since 1.37
  }));

/** The publisher itself, in a folder where the facts are those of 1.36. */
async function publish(): Promise<Document> {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-openapi.'));
  try {
    cpSync(library, join(folder, 'lib'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', imports: { '#lib/*': './lib/*' } }));
    const at = join(folder, 'lib', 'api');
    writeFileSync(join(at, 'facts', 'types.json'), JSON.stringify(types));
    writeFileSync(join(at, 'facts', 'resources.json'), JSON.stringify(resources));
    const { builtInResources } = await import(join(at, 'discovery', 'served.ts'));
    const { openApiV2 } = await import(join(at, 'openapi', 'v2.ts'));
    return openApiV2(builtInResources, 'v1.36.0') as unknown as Document;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let document: Document;
test.before(async () => {
  document = await publish();
});

const models = clientFile('models');

test('Each definition has the fields, types, required, merge extensions and kinds of the facts of 1.36', (t) => {
  for (const [name, { description: _, ...definition }] of Object.entries(document.definitions)) {
    t.truthy(types[name], name);
    t.deepEqual(stripped(definition), wanted(types[name]!), name);
  }
});

test('Definitions are those that the resources of 1.36 lead to', (t) => {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    if (types[name]!.special === undefined) for (const { ref } of fieldsOf(types[name]!)) if (ref) visit(ref);
  };
  const kinds = resources.flatMap((one) => [
    ...(one.subresourceOnly ? [] : [`${one.group}/${one.version}/${one.kind}`]),
    ...(one.verbs.includes('list') ? [`${one.group}/${one.version}/${one.kind}List`] : []),
    ...one.subresources.map((sub) => `${sub.group ?? one.group}/${sub.version ?? one.version}/${sub.kind}`),
  ]);
  for (const [name, { gvk }] of Object.entries(types)) {
    if (gvk?.some((one) => kinds.includes(one.join('/'))) && !name.endsWith('Options')) visit(name);
  }
  const meta = ['APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions', 'DeleteOptions', 'Patch', 'Status'];
  for (const one of [...meta, 'WatchEvent']) visit(`io.k8s.apimachinery.pkg.apis.meta.v1.${one}`);
  visit('io.k8s.apimachinery.pkg.version.Info');
  t.deepEqual(Object.keys(document.definitions).sort(), [...reached].sort());
});

test('The paths of each resource have the verbs that the facts say', (t) => {
  const methods = { get: 'get', list: 'get', create: 'post', update: 'put', patch: 'patch', delete: 'delete' } as const;
  for (const { group, version, plural, scope, verbs, subresources, subresourceOnly } of resources) {
    if (subresourceOnly) continue;
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const collection = scope === 'Namespaced' ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
    const has = (path: string, verb: string, method: string) =>
      t.is(document.paths[path]?.[method] !== undefined, verbs.includes(verb), `${verb} ${path}`);
    for (const verb of ['list', 'create'] as const) has(collection, verb, methods[verb]);
    has(collection, 'deletecollection', 'delete');
    for (const verb of ['get', 'update', 'patch', 'delete'] as const) has(`${collection}/{name}`, verb, methods[verb]);
    has(`${root}/watch/${collection.slice(root.length + 1)}/{name}`, 'watch', 'get');
    for (const { name, verbs } of subresources) {
      t.is(Object.keys(document.paths[`${collection}/{name}/${name}`] ?? {}).length > 1, verbs.length > 0, name);
    }
  }
});

test('A client generated from upstream’s 1.36 finds each of its paths, methods, names and parameters, and no others', (t) => {
  const client = clientOperations();
  const text = (all: ReadonlyMap<string, string>) => [...all].map((pair) => pair.join(' ')).sort();
  const ours = new Map<string, string>();
  for (const [path, { parameters, ...operations }] of Object.entries(document.paths)) {
    if (path.includes('/watch/')) continue; // those are left out of clients
    for (const [method, operation] of Object.entries(operations)) {
      const query = [...parameters, ...(operation.parameters ?? [])] as readonly { name: string; in?: string }[];
      const names = query.filter((one) => one.in === 'query').map(({ name }) => name);
      ours.set(
        `${method} ${path}`,
        `${apiOf(operation)} ${operation.operationId.replace(apiOf(operation), '')} ${names.sort()}`,
      );
    }
  }
  t.deepEqual(text(ours), text(client));
  t.true(client.size > 500, String(client.size));
});

test('A client generated from upstream’s 1.36 has the same types, formats and required fields', (t) => {
  let compared = 0;
  for (const [name, definition] of Object.entries(document.definitions)) {
    const found = modelNames(name).find((one) => models.has(one));
    if (found === undefined || types[name]!.special !== undefined) continue;
    compared++;
    const model = models.get(found)!;
    const members = [
      ...model.script.matchAll(/"baseName": "([^"]+)",\s*"type": "([^"]+)",\s*"format": "([^"]*)"/g),
    ].map(([, json, type, format]) => [json!, `${type} ${format}`] as const);
    const published = Object.entries(definition.properties ?? {}).map(
      ([json, schema]) => [json, clientType(schema)] as const,
    );
    t.deepEqual(sortedBy(published), sortedBy(members), name);
    const required = [...model.declared.matchAll(/^ {4}'([^']+)': /gm)].map(([, field]) => field!.replace(/^_/, ''));
    const wants = ((definition['required'] as readonly string[]) ?? []).map((json) => json.replace(/^_|[$-]/g, ''));
    t.deepEqual(wants.map(lower).sort(), required.map(lower).sort(), name);
  }
  t.true(compared > 550, String(compared));
});

function stripped({ properties, ...rest }: Definition): Definition {
  if (properties === undefined) return rest;
  const bare = Object.entries(properties).map(([json, { description: _, ...schema }]) => [json, schema] as const);
  return { ...rest, properties: Object.fromEntries(bare) };
}

/** The definition as the README of the facts says, written down here a second time on purpose. */
function wanted(type: TypeFacts): Definition {
  if (type.special !== undefined) {
    const { v3oneOf: _, ...form } = type.openapi ?? {};
    return form;
  }
  const fields = fieldsOf(type);
  const required = fields.filter((field) => field.required).map(({ json }) => json!);
  return dropped({
    type: 'object',
    required: required.length === 0 ? undefined : required,
    properties:
      fields.length === 0 ? undefined : Object.fromEntries(fields.map((field) => [field.json!, schemaOf(field)])),
    'x-kubernetes-group-version-kind': type.gvk?.map(([group, version, kind]) => ({ group, kind, version })),
    'x-kubernetes-map-type': type.structType,
    'x-kubernetes-unions': type.unions?.map((union) => {
      const { discriminator, fields } = union as { discriminator?: string; fields: object };
      return dropped({ discriminator, 'fields-to-discriminateBy': fields });
    }),
  });
}

function schemaOf(field: FieldFacts): Schema {
  const value = valueSchema(field.map ?? field.type ?? 'any');
  const shape = field.map
    ? { type: 'object', additionalProperties: value }
    : field.repeated
      ? { type: 'array', items: value }
      : value;
  return dropped({
    ...shape,
    'x-kubernetes-list-type': field.listType,
    'x-kubernetes-list-map-keys': field.listMapKeys,
    'x-kubernetes-map-type': field.mapType ?? field.structType,
    'x-kubernetes-patch-strategy': field.patchStrategy,
    'x-kubernetes-patch-merge-key': field.patchMergeKey,
  });
}

function valueSchema(type: string): Schema {
  const [, items] = /^array<(.+)>$/.exec(type) ?? [];
  if (items !== undefined) return { type: 'array', items: valueSchema(items) };
  if (type.startsWith('ref:')) return { $ref: `#/definitions/${type.slice(4)}` };
  if (type === 'int32' || type === 'int64') return { type: 'integer', format: type };
  if (type === 'double') return { type: 'number', format: 'double' };
  if (type === 'bytes') return { type: 'string', format: 'byte' };
  return type === 'any' ? {} : { type };
}

function fieldsOf(type: TypeFacts): readonly (FieldFacts & { readonly ref?: string | undefined })[] {
  return (type.fields ?? []).flatMap((field) => {
    const ref = /ref:([^>]+)/.exec(field.map ?? field.type ?? '')?.[1];
    if (field.inline) return fieldsOf(types[ref!]!);
    return field.json === undefined ? [] : [{ ...field, ref }];
  });
}

function dropped<T extends object>(value: T): Schema {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}

function clientFile(folder: string): ReadonlyMap<string, { readonly script: string; readonly declared: string }> {
  const at = join(dirname(fileURLToPath(import.meta.resolve('@kubernetes/client-node'))), 'gen', folder);
  const names = readdirSync(at).filter((name) => name.endsWith('.js'));
  return new Map(
    names.map((name) => {
      const [script, declared] = [name, name.replace(/js$/, 'd.ts')].map((one) => readFileSync(join(at, one), 'utf8'));
      return [basename(name, '.js'), { script: script!, declared: declared! }];
    }),
  );
}

function clientOperations(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [file, { script }] of clientFile('apis')) {
    for (const [, name, body] of script.matchAll(/^ {4}async (\w+)\([^)]*\) \{\n(.*?)^ {4}\}\n/gms)) {
      const path = /localVarPath = '([^']+)'/.exec(body!)?.[1];
      const method = /HttpMethod\.(\w+)/.exec(body!)?.[1]?.toLowerCase();
      if (path === undefined || method === undefined || notOurs.test(path)) continue;
      const query = [...body!.matchAll(/setQueryParam\("(\w+)"/g)].map(([, one]) => one!);
      found.set(`${method} ${path}`, `${basename(file, 'Api')} ${name} ${query.sort()}`);
    }
  }
  return found;
}
/** Versions that are off by default; the wildcards of custom resources; /logs, which is off by default, too. */
const notOurs = /\/v\d+(alpha|beta)\d+|\{group\}|^\/logs|internal\.apiserver|storagemigration/;
/** `CoreV1` of the tag `core_v1`: clients leave it out of names. */
function apiOf({ tags }: Operation): string {
  return tags[0]!.replaceAll(/(?:^|_)(\w)/g, (_, first: string) => first.toUpperCase());
}
const lower = (text: string) => text.toLowerCase();
function sortedBy<T>(pairs: readonly (readonly [string, T])[]) {
  return pairs.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** `V1Pod`; where two groups have one of that name, `CoreV1Event`. */
function modelNames(name: string): readonly string[] {
  const [group = '', version = '', kind = ''] = name.split('.').slice(-3);
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
  const plain = `${capital(version)}${kind}`;
  return [`${capital(group)}${plain}`, plain];
}

/** What the client's generator makes of a schema: type and format. */
function clientType(schema: Schema): string {
  const {
    type,
    format = '',
    items,
    additionalProperties,
    $ref,
  } = schema as {
    readonly [key in 'type' | 'format' | '$ref']?: string;
  } & { readonly items?: Schema; readonly additionalProperties?: Schema };
  if ($ref !== undefined) {
    const name = $ref.replace('#/definitions/', '');
    const { openapi, special } = types[name]!;
    if (special === 'IntOrString') return 'IntOrString int-or-string';
    if (special === 'MicroTime') return 'V1MicroTime date-time-micro'; // of the client’s own making
    if (special !== undefined) return clientType(openapi ?? {});
    if (fieldsOf(types[name]!).length === 0) return 'any ';
    return `${modelNames(name).find((one) => models.has(one))} `;
  }
  const inner = items ?? additionalProperties;
  if (inner !== undefined) {
    const [name, format] = clientType(inner).split(/ (?=\S*$)/);
    return items === undefined ? `{ [key: string]: ${name}; } ${format}` : `Array<${name}> ${format}`;
  }
  if (format === 'date-time') return 'Date date-time';
  return `${type === 'integer' ? 'number' : type === undefined || type === 'object' ? 'any' : type} ${format}`;
}
