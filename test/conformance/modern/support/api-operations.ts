import { apiVersionOf, type Draft, type KubeObject, type Resource } from '#lib/api/resource.ts';
import type { APIGroupList, APIResourceList } from '#lib/api/types/meta.v1.ts';
import type { WatchEvent } from '#lib/client/client.ts';
import { hasReason } from '#lib/errors.ts';
import { eventually } from '../../../live/cluster.ts';
import type { Case } from './spec.ts';

export interface Operations<T> {
  /** Object number `index`; name and labels are set for it unless it names itself. */
  draft(index: number): Draft<T>;
  /** Subresources that discovery must name, such as 'status'. */
  readonly subresources?: readonly string[];
  /** What to put into the status, by patch and then by update. */
  readonly status?: { readonly patch: object; readonly update: object };
  /** Makes the object another one, for an update; an annotation if absent. */
  change?(object: T): T;
}

/** Group, version and resource stand in discovery at /apis, /apis/GROUP and /apis/GROUP/VERSION. */
export async function discovers<T>(c: Case, resource: Resource<T>, subresources: readonly string[] = []) {
  const { group, version, plural, kind } = resource;
  const groups = (await c.client.raw('GET', '/apis', c.signal)) as APIGroupList;
  const groupVersion = apiVersionOf(resource);
  c.t.truthy(groups.groups.find((g) => g.name === group)?.versions.find((v) => v.groupVersion === groupVersion));
  const one = (await c.client.raw('GET', `/apis/${group}`, c.signal)) as APIGroupList['groups'][number];
  c.t.truthy(one.versions.find((v) => v.version === version));
  const list = (await c.client.raw('GET', `/apis/${group}/${version}`, c.signal)) as APIResourceList;
  const names = list.resources.filter((r) => r.kind === kind).map((r) => r.name);
  for (const name of [plural, ...subresources.map((s) => `${plural}/${s}`)]) c.t.true(names.includes(name), name);
}

/** Creates, gets, lists, watches, patches, updates and deletes, one and as a collection. */
export async function supportsOperations<T extends KubeObject>(
  c: Case,
  resource: Resource<T>,
  { draft, subresources = [], status, change }: Operations<T>,
): Promise<void> {
  const { t, client, signal } = c;
  const namespace = resource.isNamespaced ? c.namespace : undefined;
  const labelSelector = `modern=${c.id}`;
  const where = { namespace, labelSelector };
  const clear = () => client.deleteCollection(resource, where, AbortSignal.timeout(30_000));
  c.defer(clear);
  await discovers(c, resource, status === undefined ? subresources : ['status', ...subresources]);

  const make = (index: number) => {
    const wish = draft(index);
    const metadata = { name: `modern-${c.id}-${index}`, ...wish.metadata, namespace, labels: { modern: c.id } };
    return client.create(resource, { ...wish, metadata } as Draft<T>, signal);
  };
  const before = await client.list(resource, where, signal);
  const made = [await make(1), await make(2), await make(3)];
  const first = made[0]!;
  const at = { namespace, name: first.metadata.name };
  t.is((await client.get(resource, at, signal)).metadata.uid, first.metadata.uid);
  t.is((await client.list(resource, where, signal)).items.length, 3);
  t.is((await client.list(resource, { labelSelector }, signal)).items.length, 3, 'in all namespaces');

  const events: WatchEvent<T>[] = [];
  const end = AbortSignal.any([signal, AbortSignal.timeout(60_000)]);
  const watched = (async () => {
    const from = { ...where, resourceVersion: before.metadata.resourceVersion ?? '' };
    for await (const event of client.watch(resource, from, end)) {
      events.push(event);
      if (event.type === 'DELETED' && event.object.metadata.name === at.name) return;
    }
  })();
  watched.catch(() => {}); // it is told below; before that, something else has failed already

  const patch = { metadata: { annotations: { patched: 'true' } } };
  const patched = await client.patch(resource, at, { type: 'merge', body: patch }, signal);
  t.is(patched.metadata.annotations?.['patched'], 'true');
  const updated = await eventually('an update', async () => {
    const now = await client.get(resource, at, signal);
    const next = change === undefined ? now : change(now);
    const annotations = { ...now.metadata.annotations, updated: 'true' };
    return client.update(resource, { ...next, metadata: { ...next.metadata, annotations } }, signal);
  });
  t.like(updated.metadata.annotations, { patched: 'true', updated: 'true' });
  if (status !== undefined) await supportsStatus(c, resource, at, status);

  await client.delete(resource, at, signal);
  await eventually('the object to go', () => isGone(client.get(resource, at, signal)));
  await watched;
  const types = new Set(events.filter(({ object }) => object.metadata.name === at.name).map(({ type }) => type));
  t.deepEqual([...types], ['ADDED', 'MODIFIED', 'DELETED']);
  t.is((await client.list(resource, where, signal)).items.length, 2);
  await clear();
  await eventually('an empty list', async () => (await client.list(resource, where, signal)).items.length === 0);
}

async function supportsStatus<T extends KubeObject>(
  { t, client, signal }: Case,
  resource: Resource<T>,
  at: { readonly namespace: string | undefined; readonly name: string },
  { patch, update }: { readonly patch: object; readonly update: object },
): Promise<void> {
  const options = { subresource: 'status' };
  const body = { metadata: { annotations: { patchedstatus: 'true' } }, status: patch };
  const patched = await client.patch(resource, at, { type: 'merge', body }, signal, options);
  t.is(patched.metadata.annotations?.['patchedstatus'], 'true');
  t.like((patched as { status?: object }).status, patch);
  await eventually('an update of the status', async () => {
    const now = await client.get(resource, at, signal, options);
    const written = await client.update(resource, { ...now, status: update } as T, signal, options);
    t.like((written as { status?: object }).status, update);
    return true;
  });
}

/** Whether what was asked for is not there. */
export async function isGone(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return false;
  } catch (error) {
    if (hasReason(error, 'NotFound')) return true;
    throw error;
  }
}
