// Charges what comes into a namespace to its quotas, before it is stored. Rule: ResourceQuota admission.
import type { KubeObject } from '#lib/api/resource.ts';
import type { ResourceQuota } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { type Charge, charge } from '../../quota/charge.ts';
import type { Attributes, Plugin } from './admission.ts';
import { refuse } from './refuse.ts';

export interface ResourceQuotaOptions {
  quotasOf(namespace: string): readonly ResourceQuota[];
  /** Writes the status if the quota still stands at its resourceVersion. @throws {StatusError} Conflict, NotFound */
  writeStatus(quota: ResourceQuota, signal: AbortSignal): Promise<ResourceQuota>;
  /** The quota as it is now. @throws {StatusError} NotFound */
  read(namespace: string, name: string, signal: AbortSignal): Promise<ResourceQuota>;
  readonly clock: Clock;
}

/**
 * Requests of one namespace that wait for each other are charged together: one write of the quota for all of them.
 * Nobody gets in without a write that succeeded, so that no two can share the last piece.
 */
export function createResourceQuota(options: ResourceQuotaOptions): Plugin {
  const { quotasOf, clock } = options;
  const waiting = new Map<string, Waiting[]>(); // by namespace; bounded by the requests under way
  const newest = new Map<string, ResourceQuota>(); // what was written and may not be in the cache yet, by uid

  /** The quotas of a namespace, none older than what was written here. */
  function current(namespace: string): readonly ResourceQuota[] {
    return quotasOf(namespace).map((quota) => {
      const written = newest.get(quota.metadata.uid!);
      if (written === undefined) return quota;
      if (versionOf(written) > versionOf(quota)) return written;
      newest.delete(quota.metadata.uid!);
      return quota;
    });
  }

  async function work(namespace: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, mostAtOnce);
      try {
        await settle(namespace, batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    waiting.delete(namespace);
  }

  async function settle(namespace: string, batch: readonly Waiting[]): Promise<void> {
    let pending = batch;
    for (let attempt = 1; pending.length > 0; attempt++) {
      const { verdicts, changed } = chargeAll(pending, current(namespace), clock.now());
      for (const [one, why] of verdicts) one.reject(refuse(one.attributes, why));
      pending = pending.filter((one) => !verdicts.has(one));
      if (await writeAll(changed)) break;
      if (attempt === mostAttempts) throw refuse(batch[0]!.attributes, 'the quota changes too fast to be charged');
    }
    for (const { resolve } of pending) resolve();
  }

  /** False: one of them has changed meanwhile; who counts on it has to be charged anew. */
  async function writeAll(changed: readonly ResourceQuota[]): Promise<boolean> {
    // For many requests at once: none of them ends it.
    const { signal } = new AbortController();
    if (newest.size > mostRemembered) newest.clear(); // what is forgotten is read again at the next conflict
    for (const quota of changed) {
      const { namespace = '', name, uid } = quota.metadata;
      try {
        newest.set(uid!, await options.writeStatus(quota, signal));
      } catch (error) {
        if (!hasReason(error, 'Conflict', 'NotFound')) throw error;
        await refresh(namespace, name, uid!, signal);
        return false;
      }
    }
    return true;
  }

  async function refresh(namespace: string, name: string, uid: string, signal: AbortSignal): Promise<void> {
    try {
      newest.set(uid, await options.read(namespace, name, signal));
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      newest.delete(uid);
    }
  }

  return {
    name: 'ResourceQuota',
    validate(attributes) {
      const { namespace } = attributes;
      const subject = chargeOf(attributes);
      if (subject === undefined) return;
      const quotas = current(namespace);
      if (quotas.length === 0) return;
      const verdict = charge(subject, quotas, clock.now());
      if (!verdict.isAllowed) throw refuse(attributes, verdict.why);
      if (verdict.changed.length === 0 || attributes.isDryRun) return;
      return new Promise<void>((resolve, reject) => {
        const one = { attributes, subject, resolve, reject };
        const queue = waiting.get(namespace);
        if (queue !== undefined) {
          queue.push(one);
          return;
        }
        const made = [one];
        waiting.set(namespace, made);
        void work(namespace, made);
      });
    },
  };
}
const mostAtOnce = 200;
const mostAttempts = 20;
const mostRemembered = 1000;

interface Waiting {
  readonly attributes: Attributes;
  readonly subject: Charge;
  resolve(): void;
  reject(error: unknown): void;
}

/** Charges one after another, each on top of those before it. Those that may not come in are named with the reason. */
function chargeAll(
  batch: readonly Waiting[],
  quotas: readonly ResourceQuota[],
  nowMs: number,
): { readonly verdicts: ReadonlyMap<Waiting, string>; readonly changed: readonly ResourceQuota[] } {
  const verdicts = new Map<Waiting, string>();
  const standing = new Map(quotas.map((quota) => [quota.metadata.uid!, quota]));
  const changed = new Set<string>();
  for (const one of batch) {
    const verdict = charge(one.subject, [...standing.values()], nowMs);
    if (!verdict.isAllowed) {
      verdicts.set(one, verdict.why);
      continue;
    }
    for (const quota of verdict.changed) {
      standing.set(quota.metadata.uid!, quota);
      changed.add(quota.metadata.uid!);
    }
  }
  return { verdicts, changed: [...changed].map((uid) => standing.get(uid)!) };
}

/** What of a request is charged; undefined where nothing is. */
function chargeOf({
  operation,
  group,
  resource,
  subresource,
  namespace,
  object,
  oldObject,
}: Attributes): Charge | undefined {
  if (namespace === '' || object === undefined) return undefined;
  if (group === '' && resource === 'namespaces') return undefined;
  const counted = { group, resource };
  if (operation === 'CREATE' && subresource === '') return { counted, object: object as KubeObject };
  const isGrowing = group === '' && (growing.has(resource) || (resource === 'pods' && subresource === 'resize'));
  if (operation !== 'UPDATE' || !isGrowing || (subresource !== '' && subresource !== 'resize')) return undefined;
  return { counted, object: object as KubeObject, before: oldObject };
}
const growing: ReadonlySet<string> = new Set(['services', 'persistentvolumeclaims']);

function versionOf({ metadata }: ResourceQuota): number {
  return Number(metadata.resourceVersion);
}
