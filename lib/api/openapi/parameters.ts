import { type TypeSchema, typeNamed } from '#lib/api/schema.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly type: 'string' | 'integer' | 'boolean';
  readonly isList?: boolean;
  readonly description: string;
}

function query(name: string, type: Parameter['type'], description: string): Parameter {
  return { name, in: 'query', type, description };
}

export function pathParameter(name: string, description: string): Parameter {
  return { name, in: 'path', type: 'string', description };
}

export const pretty = query('pretty', 'string', "'true' indents the answer for people.");

const fieldSelector = query('fieldSelector', 'string', 'Only objects whose fields match this selector.');
const labelSelector = query('labelSelector', 'string', 'Only objects whose labels match this selector.');
const resourceVersion = query(
  'resourceVersion',
  'string',
  'How old the answer may be: a version, 0 for any, unset for the newest.',
);
const resourceVersionMatch = query(
  'resourceVersionMatch',
  'string',
  'How resourceVersion is meant: Exact or NotOlderThan.',
);
const limit = query('limit', 'integer', 'How many objects to answer at most. The rest is had with continue.');
const next = query('continue', 'string', 'The token of the page before, to get the next one.');
const shardSelector = query('shardSelector', 'string', 'Only objects of one shard. Needs feature ShardedListAndWatch.');
const timeoutSeconds = query('timeoutSeconds', 'integer', 'Ends the request after so many seconds.');
const sendInitialEvents = query(
  'sendInitialEvents',
  'boolean',
  'A watch begins with the objects that exist, and a bookmark after them.',
);

export const listParameters: readonly Parameter[] = [
  query('allowWatchBookmarks', 'boolean', 'A watch may carry events of type BOOKMARK.'),
  next,
  fieldSelector,
  labelSelector,
  limit,
  resourceVersion,
  resourceVersionMatch,
  sendInitialEvents,
  shardSelector,
  timeoutSeconds,
  query('watch', 'boolean', 'Stream changes instead of a list.'),
];

const dryRun = query('dryRun', 'string', 'All: check everything, but keep nothing.');

export const writeParameters: readonly Parameter[] = [
  dryRun,
  query('fieldManager', 'string', 'Name under which the fields that are set are remembered.'),
  query('fieldValidation', 'string', 'What to do about unknown and duplicate fields: Ignore, Warn or Strict.'),
];

export const patchParameters: readonly Parameter[] = [
  ...writeParameters,
  query('force', 'boolean', 'An apply takes over fields that others own. Not for other patches.'),
];

export const deleteParameters: readonly Parameter[] = [
  dryRun,
  query('gracePeriodSeconds', 'integer', 'Seconds that the object is given to end. 0: at once.'),
  query(
    'ignoreStoreReadErrorWithClusterBreakingPotential',
    'boolean',
    'Delete even what cannot be read from the store. Dangerous.',
  ),
  query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.'),
  query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
];

export const deleteCollectionParameters: readonly Parameter[] = [
  ...deleteParameters,
  next,
  fieldSelector,
  labelSelector,
  limit,
  resourceVersion,
  resourceVersionMatch,
  sendInitialEvents,
  shardSelector,
  timeoutSeconds,
].sort((a, b) => (a.name < b.name ? -1 : 1));

/** Query parameters of a connect subresource: the fields of its options type. */
export function optionParameters(typeName: string): readonly Parameter[] {
  const type: TypeSchema = typeNamed(typeName);
  return type.members
    .filter((member) => member.json !== 'kind' && member.json !== 'apiVersion' && scalarTypes.has(member.type ?? ''))
    .map((member) => ({
      ...query(member.json, scalarTypes.get(member.type!)!, `${member.json} of ${typeName.split('.').at(-1)}.`),
      ...(member.repeated ? { isList: true } : {}),
    }));
}

const scalarTypes: ReadonlyMap<string, Parameter['type']> = new Map([
  ['string', 'string'],
  ['boolean', 'boolean'],
  ['int32', 'integer'],
  ['int64', 'integer'],
]);
