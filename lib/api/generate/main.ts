// Makes lib/api/types/ from lib/api/facts/. With `--from DIR` it first takes the facts themselves anew from a folder
// that holds types.json, resources.json and groups.json of a Kubernetes release, and keeps what GA versions need.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { GroupFacts, ResourceFacts, TypeFacts } from '#lib/api/facts.ts';
import { keepServed } from './keep.ts';
import { renderTypes } from './render.ts';
import { renderResources } from './resources.ts';

const { values } = parseArgs({ options: { from: { type: 'string' } } });
const here = new URL('..', import.meta.url);

function read<T>(folder: URL | string, file: string): T {
  return JSON.parse(readFileSync(typeof folder === 'string' ? `${folder}/${file}` : new URL(file, folder), 'utf8'));
}

/** One entry a line: a change of one type is a change of one line. */
function writeLines(file: string, value: object): void {
  const isArray = Array.isArray(value);
  const lines = isArray
    ? value.map((item) => JSON.stringify(item))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(item)}`);
  const [open, close] = isArray ? ['[', ']'] : ['{', '}'];
  writeFileSync(new URL(file, here), `${open}\n${lines.join(',\n')}\n${close}\n`);
}

if (values.from !== undefined) {
  const kept = keepServed({
    types: read<Record<string, TypeFacts>>(values.from, 'types.json'),
    resources: read<ResourceFacts[]>(values.from, 'resources.json'),
    groups: read<GroupFacts[]>(values.from, 'groups.json'),
  });
  writeLines('facts/types.json', kept.types);
  writeLines('facts/resources.json', kept.resources);
  writeLines('facts/groups.json', kept.groups);
}

const facts = new URL('facts/', here);
const types = read<Record<string, TypeFacts>>(facts, 'types.json');
const resources = read<ResourceFacts[]>(facts, 'resources.json');
rmSync(new URL('types/', here), { recursive: true, force: true });
mkdirSync(new URL('types/', here), { recursive: true });
for (const [file, text] of renderTypes(types)) writeFileSync(new URL(`types/${file}`, here), text);
writeFileSync(new URL('resources.ts', here), renderResources(resources, types));
