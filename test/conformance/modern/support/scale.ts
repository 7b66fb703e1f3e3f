import type { KubeObject, Resource } from '#lib/api/resource.ts';
import type { Scale } from '#lib/api/types/autoscaling.v1.ts';
import type { Case } from './spec.ts';

interface Scalable extends KubeObject {
  readonly spec?: { readonly replicas?: number | undefined } | undefined;
}

/** Reads, updates and patches the scale of `name`, which has 1 replica, and looks for what comes of it. */
export async function scales<T extends Scalable>(c: Case, resource: Resource<T>, name: string): Promise<void> {
  const { t, client, signal } = c;
  const options = { subresource: 'scale' };
  const scale = (await client.get(resource, c.at(name), signal, options)) as unknown as Scale;
  t.like(scale, { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name, namespace: c.namespace } });
  t.is(scale.spec?.replicas, 1);
  t.truthy(scale.status?.selector);

  const { resourceVersion: _, ...metadata } = scale.metadata;
  const wish = { ...scale, metadata, spec: { replicas: 2 } };
  const answer = (await client.update(resource, wish as unknown as T, signal, options)) as unknown as Scale;
  t.is(answer.spec?.replicas, 2);
  t.is((await client.get(resource, c.at(name), signal)).spec?.replicas, 2);

  const body = { spec: { replicas: 4 } };
  const patched = await client.patch(resource, c.at(name), { type: 'merge', body }, signal, options);
  t.is((patched as unknown as Scale).spec?.replicas, 4);
  t.is((await client.get(resource, c.at(name), signal)).spec?.replicas, 4);
}
