// What every resource can do: the course that the "lifecycle" and "CRUD" specs walk with their own objects.
import type { ExecutionContext } from 'ava';
import { apiVersionOf, type Draft, type KubeObject, type Resource } from '#lib/api/resource.ts';
import type { WatchEvent } from '#lib/client/client.ts';
import { eventually } from '../../../live/cluster.ts';
import { type Space, soon } from './node-space.ts';

export interface Course<T extends KubeObject> {
  readonly resource: Resource<T>;
  /** An object without metadata; `number` tells several apart. */
  readonly make: (number: number) => Omit<Draft<T>, 'metadata'>;
  /** A merge patch that the status subresource takes, and what it must say then. */
  readonly status?: unknown;
}

/**
 * Discovery; create three (and one of them twice), get, list, patch, update, status, watch; delete one, then the rest at once.
 * @throws by `t` at the first thing that is not as the API's conventions say
 */
export async function walk<T extends KubeObject>(
  { client, namespace: space }: Space,
  t: ExecutionContext,
  { resource, make, status }: Course<T>,
): Promise<void> {
  const namespace = resource.isNamespaced ? space : undefined;
  const labelSelector = `walk=${space}`;
  const list = async () => (await client.list(resource, { namespace, labelSelector }, soon())).items;
  const draft = (number: number) =>
    ({
      ...make(number),
      metadata: { name: `${space}-${number}`, namespace, labels: { walk: space } },
    }) as unknown as Draft<T>;
  await isDiscovered(client, t, resource);
  const { metadata } = await client.list(resource, { namespace, labelSelector }, soon());
  await using undo = new AsyncDisposableStack();
  undo.defer(async () => void (await client.deleteCollection(resource, { namespace, labelSelector }, soon())));
  const watching = new AbortController();
  undo.defer(() => watching.abort());
  const seen: string[] = [];
  const { resourceVersion } = metadata;
  const options = { namespace, labelSelector, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  const watch = collect(client.watch(resource, options, watching.signal), seen, space);

  const made = await client.create(resource, draft(1), soon());
  t.truthy(made.metadata.uid);
  await t.throwsAsync(client.create(resource, draft(1), soon()), { message: /already exists/ });
  for (const number of [2, 3]) await client.create(resource, draft(number), soon());
  const at = { namespace, name: made.metadata.name };
  t.is((await client.get(resource, at, soon())).metadata.uid, made.metadata.uid);
  t.is((await list()).length, 3);

  const patched = await client.patch(
    resource,
    at,
    { type: 'merge', body: { metadata: { labels: { patched: 'true' }, annotations: { patched: 'yes' } } } },
    soon(),
  );
  t.like(patched.metadata.labels, { patched: 'true', walk: space });
  const updated = await eventually('an update that nothing came between', async () => {
    const now = await client.get(resource, at, soon());
    const annotations = { ...now.metadata.annotations, updated: 'yes' };
    return await client.update(resource, { ...now, metadata: { ...now.metadata, annotations } }, soon());
  });
  t.like(updated.metadata.annotations, { patched: 'yes', updated: 'yes' });
  const stale = { ...updated, metadata: { ...updated.metadata, resourceVersion: patched.metadata.resourceVersion } };
  await t.throwsAsync(client.update(resource, stale as T, soon()), { message: /the object has been modified/ });
  if (status !== undefined) {
    const body = { status };
    const after = await client.patch(resource, at, { type: 'merge', body }, soon(), { subresource: 'status' });
    t.like(after as object, { status: status as object });
    t.like((await client.get<T>(resource, at, soon(), { subresource: 'status' })) as object, {
      status: status as object,
    });
  }

  await client.delete(resource, at, soon());
  await eventually('its end', async () => (await list()).length === 2);
  await t.throwsAsync(client.get(resource, at, soon()), { message: /not found/ });
  await client.deleteCollection(resource, { namespace, labelSelector }, soon());
  await eventually('the end of all', async () => (await list()).length === 0);
  await eventually('all events', async () => seen.filter((row) => row.startsWith('DELETED')).length === 3);
  const own = seen.filter((row) => row.endsWith('-1'));
  t.is(own[0], 'ADDED -1');
  t.true(own.filter((row) => row.startsWith('MODIFIED')).length >= 2);
  watching.abort();
  await watch;
}

async function isDiscovered<T>({ raw }: Space['client'], t: ExecutionContext, resource: Resource<T>): Promise<void> {
  const { group, version, kind, plural } = resource;
  if (group !== '') {
    const groups = (await raw('GET', '/apis', soon())) as {
      groups: { name: string; versions: { version: string }[] }[];
    };
    const found = groups.groups.find(({ name }) => name === group);
    t.true(
      found?.versions.some((one) => one.version === version),
      `/apis names ${group}/${version}`,
    );
    const own = (await raw('GET', `/apis/${group}`, soon())) as { versions: { version: string }[] };
    t.true(own.versions.some((one) => one.version === version));
  }
  const root = group === '' ? `/api/${version}` : `/apis/${apiVersionOf(resource)}`;
  const { resources } = (await raw('GET', root, soon())) as { resources: { name: string; kind: string }[] };
  t.true(
    resources.some((one) => one.name === plural && one.kind === kind),
    `${root} names ${plural}`,
  );
}

async function collect<T extends KubeObject>(
  events: AsyncIterable<WatchEvent<T>>,
  seen: string[],
  prefix: string,
): Promise<void> {
  try {
    for await (const { type, object } of events) seen.push(`${type} ${object.metadata.name.slice(prefix.length)}`);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error; // it was over
  }
}
