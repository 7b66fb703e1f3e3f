// Watches, and writes down what it hears, as it comes.
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { controllerRevisions, deployments, jobs, nodes, pods, replicaSets, statefulSets } from '#lib/api/resources.ts';
import type { Client } from '#lib/client/client.ts';
import { hasReason } from '#lib/errors.ts';
import { type KindName, kindNames, type Observation } from './judge/history.ts';

export interface Recording {
  readonly history: readonly Observation[];
  /** How often a watch could not go on where it broke. */
  readonly gaps: () => number;
  /** Settles when everything was listed once. */
  readonly started: Promise<void>;
  /** The revision up to which a kind was heard of. */
  revision(kind: KindName): number;
}

const resources: { readonly [K in KindName]: Resource<KubeObject> } = {
  pods,
  nodes,
  deployments,
  replicaSets,
  statefulSets,
  controllerRevisions,
  jobs,
} as never;

/** Listens until `signal` is aborted: where a watch breaks it goes on at the same revision. */
export function record(client: Client, namespace: string, signal: AbortSignal): Recording {
  const history: Observation[] = [];
  const heard = new Map<KindName, number>();
  let gaps = 0;
  const firsts = kindNames.map((kind) => {
    const first = Promise.withResolvers<void>();
    void follow(kind, first.resolve);
    return first.promise;
  });
  const started = Promise.race([Promise.all(firsts), aborted(signal)]).then(() => {});
  return { history, gaps: () => gaps, started, revision: (kind) => heard.get(kind) ?? 0 };

  async function follow(kind: KindName, onFirst: () => void): Promise<void> {
    let version: string | undefined;
    const scope = kind === 'nodes' ? {} : { namespace };
    const note = (type: Observation['type'], objects: readonly KubeObject[], revision: string) => {
      version = revision;
      heard.set(kind, Number(revision));
      history.push({ kind, type, revision: Number(revision), objects: objects.map(bare), atMs: Date.now() });
    };
    while (!signal.aborted) {
      try {
        if (version === undefined) {
          const { items, metadata } = await client.list(resources[kind], scope, signal);
          if (history.some((one) => one.kind === kind)) gaps++;
          note('list', items, metadata.resourceVersion!);
          onFirst();
        }
        const options = { ...scope, resourceVersion: version!, allowBookmarks: true };
        for await (const { type, object } of client.watch(resources[kind], options, signal)) {
          const revision = object.metadata.resourceVersion!;
          if (type === 'BOOKMARK') {
            version = revision;
            heard.set(kind, Math.max(Number(revision), heard.get(kind) ?? 0));
          } else note(type === 'DELETED' ? 'gone' : 'put', [object], revision);
        }
      } catch (error) {
        if (hasReason(error, 'Expired', 'Gone')) version = undefined;
      }
      await delay(100, undefined, { signal }).catch(() => {});
    }
  }
}

/** Without what is as large as the rest and read by no rule. */
function bare(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
