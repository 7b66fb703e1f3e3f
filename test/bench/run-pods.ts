import { nodes, pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { isReady as isNodeReady } from '../../vagrant/lab/cluster.ts';
import { script } from './script.ts';

export interface Started {
  /** From the first `create` until the watch had shown all of them Ready. */
  readonly readyMs: number;
  /** The same for each pod, from its own `create`. */
  readonly eachMs: readonly number[];
  /** Deletes them. Settles with how long it took until the API had none of them. */
  end(): Promise<number>;
}

export interface PodPlace {
  readonly namespace: string;
  readonly node: string;
  readonly image: string;
}

/** The first node that is Ready: where pods are measured. */
export async function firstNode(client: Client): Promise<string> {
  const { items } = await client.list(nodes, {}, AbortSignal.timeout(10_000));
  const names = items.filter(isNodeReady).map(({ metadata }) => metadata.name);
  if (names.length === 0) throw new Error('No node is Ready');
  return names.sort()[0]!;
}

/** Runs `count` pods of one container on one node; `name` is theirs alone. */
export async function startPods(client: Client, count: number, name: string, place: PodPlace): Promise<Started> {
  const signal = AbortSignal.timeout(120_000);
  const options = { namespace: place.namespace, labelSelector: `bench=${name}` };
  const { metadata } = await client.list(pods, options, signal);
  const all = Promise.withResolvers<number>();
  const created = new Map<string, number>();
  const ready = new Map<string, number>();
  const watching = new AbortController();
  const startedMs = performance.now();
  void (async () => {
    const since = { ...options, resourceVersion: metadata.resourceVersion! };
    for await (const { object } of client.watch(pods, since, AbortSignal.any([signal, watching.signal]))) {
      const { name } = object.metadata;
      if (isReady(object) && !ready.has(name)) ready.set(name, performance.now() - created.get(name)!);
      if (ready.size === count) all.resolve(performance.now() - startedMs);
    }
  })().catch((error) => all.reject(error));
  const drafts = Array.from({ length: count }, (_, i) => draft(`${name}-${i}`, name, place));
  await Promise.all(
    drafts.map((one) => {
      created.set(one.metadata.name, performance.now());
      return client.create(pods, one, signal);
    }),
  );
  const readyMs = await all.promise;
  watching.abort();
  return {
    readyMs,
    eachMs: [...ready.values()],
    async end() {
      const fromMs = performance.now();
      await client.deleteCollection(pods, options, signal);
      while ((await client.list(pods, options, signal)).items.length > 0)
        await new Promise((resolve) => setTimeout(resolve, 50));
      return performance.now() - fromMs;
    },
  };
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

function draft(name: string, bench: string, { namespace, node, image }: PodPlace) {
  return {
    metadata: { name, namespace, labels: { bench } },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': node },
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'main', image, imagePullPolicy: 'IfNotPresent' as const, command: ['sh', '-c', script] }],
    },
  };
}
