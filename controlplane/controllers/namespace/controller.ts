import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { pods as podResource, namespaces as resource } from '#lib/api/resources.ts';
import type { Namespace } from '#lib/api/types/core.v1.ts';
import { hasReason } from '#lib/errors.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import type { Kinds } from '../shared/kinds.ts';
import { isSameStatus } from '../shared/same.ts';
import { type ContentFacts, finalizer, type Left, planStatus, stagesOf } from './plan.ts';

/** Empties each namespace that is to be deleted, then lets it go. */
export async function runNamespaces(kinds: Kinds, context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, clock } = context;
  const namespaces = informers.get(resource);
  const pods = informers.get(podResource);
  const queue = createQueue('namespace-controller', context, reconcile, { workers: 10 });

  const isGoing = (namespace: Namespace | undefined) => namespace?.metadata.deletionTimestamp !== undefined;
  namespaces.onChange((now, _before, key) => isGoing(now) && queue.add(key));
  pods.onChange((now, before) => {
    const key = before?.metadata.namespace ?? '';
    if (now === undefined && isGoing(namespaces.get(key))) queue.add(key);
  });
  await runWhenSynced(queue, [namespaces, pods, kinds], signal);

  async function reconcile(name: string, signal: AbortSignal): Promise<number | undefined> {
    const namespace = namespaces.get(name);
    if (namespace === undefined || !isGoing(namespace)) return undefined;
    if (!namespace.spec?.finalizers?.includes(finalizer)) return undefined;
    const content = await empty(name, signal);
    const status = planStatus(namespace, content, clock.now());
    let latest = namespace;
    if (!isSameStatus(status, namespace.status)) {
      latest = await client.update(resource, { ...namespace, status }, signal, { subresource: 'status' });
    }
    // Deletions of other kinds than pods are not watched here; most end at once.
    if (content.left.length > 0 || content.failures.length > 0) return againMs;
    const finalizers = (latest.spec?.finalizers ?? []).filter((one) => one !== finalizer);
    await client
      .update(resource, { ...latest, spec: { ...latest.spec, finalizers } }, signal, { subresource: 'finalize' })
      .catch((error) => {
        if (!hasReason(error, 'NotFound')) throw error;
      });
    return undefined;
  }

  /** Deletes what is there, stage by stage: a later one begins when the one before has left nothing. */
  async function empty(namespace: string, signal: AbortSignal): Promise<ContentFacts> {
    for (const stage of stagesOf(kinds.list())) {
      const failures: string[] = [];
      const lefts = await Promise.all(
        stage.map((kind) =>
          clear(kind, namespace, signal).catch((error): Left => {
            if (!hasReason(error, 'NotFound', 'MethodNotAllowed')) failures.push(`${kind.plural}: ${error.message}`);
            return { kind, objects: [] };
          }),
        ),
      );
      const left = lefts.filter(({ objects }) => objects.length > 0);
      if (left.length > 0 || failures.length > 0) return { left, failures };
    }
    return { left: [], failures: [] };
  }

  async function clear(kind: Resource<KubeObject>, namespace: string, signal: AbortSignal): Promise<Left> {
    const list = () => client.list(kind, { namespace, metadataOnly: true }, signal);
    if ((await list()).items.length === 0) return { kind, objects: [] };
    const options = { namespace, delete: { propagationPolicy: 'Background' } };
    await client.deleteCollection(kind, options, signal);
    return { kind, objects: (await list()).items };
  }
}
const againMs = 500;
