import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { eventually } from '../../../live/cluster.ts';
import type { Case } from './spec.ts';
import { seen } from './watch.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

export interface Conditioned extends KubeObject {
  readonly status?: { readonly conditions?: readonly Condition[] | undefined } | undefined;
}

const time = '2026-01-01T00:00:00Z';

/**
 * Gets the status of `name`, updates it with a condition StatusUpdate and patches it with one of type StatusPatched;
 * each is seen by a watch. `status` is what a status of that kind must hold besides.
 */
export async function keepsConditions<T extends Conditioned>(
  c: Case,
  resource: Resource<T>,
  name: string,
  { selector, status = {} }: { readonly selector: string; readonly status?: object },
): Promise<void> {
  const { t, client, signal } = c;
  const options = { subresource: 'status' };
  const read = await client.get(resource, c.at(name), signal, options);
  t.is(read.metadata.name, name);
  const where = { labelSelector: selector };
  const has = (type: string) => (object: T) =>
    object.metadata.name === name &&
    object.status?.conditions?.some((is) => is.type === type && is.status === 'True') === true;

  const update = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from a test' };
  await seen(
    c,
    resource,
    where,
    ({ object }) => has('StatusUpdate')(object),
    () =>
      eventually('an update of the status', async () => {
        const now = await client.get(resource, c.at(name), signal);
        const conditions = [...(now.status?.conditions ?? []), { ...update, lastTransitionTime: time }];
        return client.update(resource, { ...now, status: { ...now.status, conditions } }, signal, options);
      }),
  );

  const patched = { type: 'StatusPatched', status: 'True', lastTransitionTime: time };
  const body = { status: { ...status, conditions: [patched] } };
  await seen(
    c,
    resource,
    where,
    ({ object }) => has('StatusPatched')(object),
    () => client.patch(resource, c.at(name), { type: 'merge', body }, signal, options),
  );
}
