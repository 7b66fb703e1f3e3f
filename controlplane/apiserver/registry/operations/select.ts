import type { KubeObject } from '#lib/api/resource.ts';
import { exactValue, matchesFields } from '#lib/api/selectors/fields.ts';
import { matchesLabels } from '#lib/api/selectors/labels.ts';
import type { About } from '../cache/listeners.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import type { ListOptions } from '../options.ts';
import type { ResourceCall } from '../registry.ts';
import type { Served } from '../served.ts';

/** Which objects a list or watch is about. */
export interface Selection {
  /** The same name: the same objects. */
  readonly name: string;
  /** '' for all, 'default/' for a namespace. */
  readonly keyPrefix: string;
  /** The only key that can match, where the selector or the path names one. */
  readonly key: string | undefined;
  /** Undefined: everything under the prefix matches, nothing need be looked at. */
  readonly matches: ((stored: StoredObject) => boolean) | undefined;
  /** Where but one key or one node's pods can match: changes of others are not even looked at. */
  readonly about: About | undefined;
}

export function selectionOf(served: Served, call: ResourceCall, { labels, fields }: ListOptions): Selection {
  const namespace = call.namespace ?? (served.isNamespaced ? exactValue(fields, 'metadata.namespace') : undefined);
  const keyPrefix = served.isNamespaced && namespace ? `${namespace}/` : '';
  const name = call.name || exactValue(fields, 'metadata.name');
  const isKey = name !== undefined && name !== '' && (!served.isNamespaced || keyPrefix !== '');
  const named: Readonly<Record<string, string | undefined>> = {
    'metadata.name': name,
    'metadata.namespace': namespace,
  };
  const selectable = (object: KubeObject) => served.rules.selectableFields(object);
  // What only names one object is told by its key.
  const isNamed = isKey && fields.every(({ field, isEqual, value }) => isEqual && value === named[field]);
  const isAll = labels.length === 0 && (isNamed || (fields.length === 0 && !call.name));
  const matches = (stored: StoredObject): boolean =>
    (!call.name || stored.name === call.name) &&
    (labels.length === 0 || matchesLabels(labels, stored.labels())) &&
    (fields.length === 0 || matchesFields(fields, fieldsOf(served, stored, selectable)));
  const key = isKey ? keyPrefix + name : undefined;
  const node = served.conversion === undefined ? exactValue(fields, nodeField) : undefined;
  const about = key === undefined ? node && { name: nodeField, value: node, read: nodeOf } : aboutKey(key);
  const all = JSON.stringify([namespace, call.name, labels, fields]);
  return { name: all, keyPrefix, key, matches: isAll ? undefined : matches, about: about || undefined };

  function nodeOf(stored: StoredObject): string {
    return stored.fields(selectable)[nodeField] ?? '';
  }
}
const nodeField = 'spec.nodeName';

function aboutKey(value: string): About {
  return { name: 'key', value, read: ({ key }) => key };
}

/** Kept beside the object, unless it is seen in another version than the stored one. */
function fieldsOf(
  served: Served,
  stored: StoredObject,
  selectable: (object: KubeObject) => Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return served.conversion === undefined ? stored.fields(selectable) : selectable(served.conversion.view(stored));
}
