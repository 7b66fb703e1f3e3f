import type { Resource } from '#lib/api/resource.ts';
import type { ListOptions, WatchOptions, WriteOptions } from './client.ts';

/** Where a resource, one of its objects, or a subresource of that is served. Rule: API concepts, "Resource URIs". */
export function pathOf<T>(
  { group, version, plural, isNamespaced }: Resource<T>,
  { namespace, name, subresource }: Place = {},
): string {
  const parts = group === '' ? ['/api', version] : ['/apis', group, version];
  if (isNamespaced && namespace) parts.push('namespaces', encodeURIComponent(namespace));
  parts.push(plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (subresource !== undefined) parts.push(subresource);
  return parts.join('/');
}

export interface Place {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

export function listQuery(
  { labelSelector, fieldSelector, resourceVersion, limit }: ListOptions,
  next?: string,
): Readonly<Record<string, Value>> {
  return {
    labelSelector,
    fieldSelector,
    limit,
    // A continued list has the version of its first page in the token.
    ...(next === undefined ? { resourceVersion } : { continue: next }),
  };
}

export function watchQuery(options: WatchOptions): Readonly<Record<string, Value>> {
  const { labelSelector, fieldSelector, resourceVersion, allowBookmarks, sendInitialEvents, timeoutSeconds } = options;
  return {
    watch: true,
    labelSelector,
    fieldSelector,
    resourceVersion,
    allowWatchBookmarks: allowBookmarks,
    sendInitialEvents,
    // Initial events are only defined for a version not older than the one asked for.
    resourceVersionMatch: sendInitialEvents ? 'NotOlderThan' : undefined,
    timeoutSeconds,
  };
}

export function writeQuery({ dryRun, fieldManager }: WriteOptions): Readonly<Record<string, Value>> {
  return { dryRun: dryRun ? 'All' : undefined, fieldManager };
}

type Value = string | number | boolean | undefined;

/** '?a=1&b=2', or '' if nothing is set. */
export function renderQuery(values: Readonly<Record<string, Value>>): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
