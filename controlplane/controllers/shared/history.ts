// ControllerRevisions: what a StatefulSet or DaemonSet once looked like. Rule: kubernetes pkg/controller/history.
import { isSame } from '#lib/api/kinds/equal.ts';
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { controllerRevisions } from '#lib/api/resources.ts';
import type { ControllerRevision } from '#lib/api/types/apps.v1.ts';
import type { PodTemplateSpec } from '#lib/api/types/core.v1.ts';
import type { LabelSelector } from '#lib/api/types/meta.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Reader } from '#lib/client/informer.ts';
import { hasReason } from '#lib/errors.ts';
import { claim } from './claim.ts';
import { hashOf } from './hash.ts';
import { controllerReference } from './owners.ts';

export const revisionLabel = 'controller-revision-hash';

type Owner = KubeObject & { readonly spec: { readonly template: PodTemplateSpec; readonly selector: LabelSelector } };

export interface HistoryOptions<O extends Owner> {
  readonly client: Client;
  readonly resource: Resource<O>;
  readonly owner: O;
  readonly reader: Reader<ControllerRevision>;
  readonly collisionCount: number | undefined;
}

export interface History {
  /** Oldest first; the one of the present template is among them. */
  readonly all: readonly ControllerRevision[];
  readonly update: ControllerRevision;
  readonly collisionCount: number | undefined;
}

/** Finds or makes the revision of the present template. An older one that is wanted again becomes the newest. */
export async function ensureRevision<O extends Owner>(
  options: HistoryOptions<O>,
  signal: AbortSignal,
): Promise<History> {
  const { client, resource, owner, reader } = options;
  const claimed = await claim(
    { client, ownerResource: resource, owner, selector: owner.spec.selector, resource: controllerRevisions, reader },
    signal,
  );
  const all = claimed.toSorted((a, b) => (a.revision ?? 0) - (b.revision ?? 0));
  const data = dataOf(owner.spec.template);
  const found = all.findLast((one) => isSame(one.data, data));
  const newest = all.at(-1)?.revision ?? 0;
  if (found !== undefined) {
    if (found.revision === newest) return { all, update: found, collisionCount: options.collisionCount };
    const update = await client.update(controllerRevisions, { ...found, revision: newest + 1 }, signal);
    return { all: [...all.filter((one) => one !== found), update], update, collisionCount: options.collisionCount };
  }
  const { update, collisionCount } = await create(options, data, newest + 1, signal);
  return { all: [...all, update], update, collisionCount };
}

async function create<O extends Owner>(
  { client, resource, owner, collisionCount }: HistoryOptions<O>,
  data: unknown,
  revision: number,
  signal: AbortSignal,
) {
  const { name, namespace } = owner.metadata;
  for (let count = collisionCount; ; count = (count ?? 0) + 1) {
    const hash = hashOf(owner.spec.template, count);
    const draft = {
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels: { ...owner.spec.template.metadata?.labels, [revisionLabel]: hash },
        ownerReferences: [controllerReference(resource, owner)],
      },
      data,
      revision,
    };
    try {
      return { update: await client.create(controllerRevisions, draft, signal), collisionCount: count };
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
      const there = await client.get(controllerRevisions, { namespace, name: draft.metadata.name }, signal);
      if (isSame(there.data, data)) return { update: there, collisionCount: count };
    }
  }
}

/** A patch that gives an object back the template it had: what `kubectl rollout undo` applies. */
function dataOf(template: PodTemplateSpec): unknown {
  return { spec: { template: sorted({ ...template, $patch: 'replace' }) } };
}

/** Keys in the order in which Go writes a map: clients compare these bytes. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}

export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (data as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec
    .template;
  return template;
}

/** Revisions that nothing uses any more, beyond the `limit` newest of those. */
export function surplusRevisions(
  all: readonly ControllerRevision[],
  isUsed: (revision: ControllerRevision) => boolean,
  limit: number,
): readonly ControllerRevision[] {
  const unused = all.filter((one) => !isUsed(one));
  return unused.slice(0, Math.max(0, unused.length - limit));
}
