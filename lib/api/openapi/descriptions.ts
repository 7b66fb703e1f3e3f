// What types and fields are for, in our own words: shown by `kubectl explain`. The words are in descriptions.json, by
// definition name without what all names begin with; '' is the type itself. What is not there has no description.
import { readFileSync } from 'node:fs';
import type { TypeSchema } from '#lib/api/schema.ts';

type Descriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

const descriptions: Descriptions = JSON.parse(readFileSync(new URL('descriptions.json', import.meta.url), 'utf8'));

export function describeType(type: TypeSchema): string | undefined {
  const own = descriptions[shortName(type)]?.[''];
  if (own !== undefined || !isList(type)) return own;
  return `A list of objects of kind ${type.name.split('.').at(-1)!.slice(0, -'List'.length)}.`;
}

export function describeField(type: TypeSchema, field: string): string | undefined {
  const own = descriptions[shortName(type)];
  if (own !== undefined && Object.hasOwn(own, field)) return own[field];
  if (type.facts.gvk === undefined) return undefined;
  return field === 'metadata' && isList(type) ? 'Version and page of the list.' : ofEveryKind[field];
}

function shortName({ name }: TypeSchema): string {
  return name.replace(/^io\.k8s\.(?:api\.|apimachinery\.pkg\.(?:apis\.)?)?/, '');
}

function isList(type: TypeSchema): boolean {
  return type.facts.gvk !== undefined && type.name.endsWith('List') && type.byJson.has('items');
}

const ofEveryKind: Readonly<Record<string, string>> = {
  apiVersion: 'Group and version of the API that the object is written in.',
  kind: 'What kind of object it is, in CamelCase. It cannot change.',
  metadata: 'Name, labels and what else every object has.',
  spec: 'The state that is wanted.',
  status: 'The state that was observed. Written by the system.',
  items: 'The objects.',
};
