import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { resourceQuotas } from '#lib/api/resources.ts';
import { isSameAmounts } from '../../quota/amounts.ts';
import { type Counted, countedBy, usageOf } from '../../quota/usage.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import type { Kinds } from '../shared/kinds.ts';
import { planStatus } from './plan.ts';

type Informer = ReturnType<ControllerContext['informers']['metadata']>;

/**
 * Recounts what quotas limit: admission only ever adds. A namespace is looked at when something of it goes or shrinks,
 * and every few minutes. Only resources that some quota names are watched.
 */
export async function runResourceQuotas(kinds: Kinds, context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, clock } = context;
  const quotas = informers.get(resourceQuotas);
  const watched = new Map<string, Informer>(); // by 'plural.group'
  const queue = createQueue('resourcequota-controller', context, reconcile);
  quotas.onChange((now, before, key) => {
    if (now === undefined) return;
    if (before === undefined || !isSameAmounts(now.spec.hard, before.spec.hard)) queue.add(key);
  });
  await kinds.synced;
  await runWhenSynced(queue, [quotas], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const quota = quotas.get(key);
    if (quota === undefined || quota.metadata.deletionTimestamp !== undefined) return undefined;
    const namespace = quota.metadata.namespace ?? '';
    const found = Object.keys(quota.spec.hard ?? {}).flatMap((name) => countedBy(name) ?? []);
    await Promise.all(found.map((counted) => watch(counted)?.synced));
    const status = planStatus(quota, (counted) => objectsOf(counted, namespace), clock.now());
    if (status !== undefined) {
      await client.update(resourceQuotas, { ...quota, status }, signal, { subresource: 'status' });
    }
    return resyncMs;
  }

  function objectsOf(counted: Counted, namespace: string): readonly KubeObject[] | undefined {
    return watch(counted)?.list === undefined ? undefined : inNamespace(watch(counted)!, namespace);
  }

  /** Undefined: there is no such resource (yet). */
  function watch(counted: Counted): Informer | undefined {
    const name = `${counted.resource}.${counted.group}`;
    const known = watched.get(name);
    if (known !== undefined) return known;
    const kind = kinds.list().find(({ group, plural }) => group === counted.group && plural === counted.resource);
    if (kind === undefined) return undefined;
    const isWeighed = counted.group === '' && weighed.has(counted.resource);
    const informer = isWeighed ? (informers.get(kind) as Informer) : informers.metadata(kind as Resource<KubeObject>);
    watched.set(name, informer);
    informer.onChange((now, before) => {
      if (before !== undefined && isLess(counted, now, before)) addAll(before.metadata.namespace ?? '');
    });
    return informer;
  }

  function isLess(counted: Counted, now: KubeObject | undefined, before: KubeObject): boolean {
    if (now === undefined) return true;
    if (counted.group !== '' || !weighed.has(counted.resource)) return false;
    return !isSameAmounts(usageOf(counted, now, clock.now()), usageOf(counted, before, clock.now()));
  }

  function addAll(namespace: string): void {
    for (const quota of quotas.byIndex('namespace', namespace)) queue.add(`${namespace}/${quota.metadata.name}`);
  }
}
const resyncMs = 300_000;
/** What counts for more than its number. */
const weighed: ReadonlySet<string> = new Set(['pods', 'services', 'persistentvolumeclaims']);

function inNamespace(informer: Informer, namespace: string): readonly KubeObject[] {
  return [...informer.list()].filter(({ metadata }) => metadata.namespace === namespace);
}
