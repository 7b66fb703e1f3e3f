// The ReplicaSets of a Deployment: which is the new one, what they are called, what is written on them.
// Rule: kubernetes pkg/controller/deployment/util.
import { isSame } from '#lib/api/kinds/equal.ts';
import { apiVersionOf } from '#lib/api/resource.ts';
import { deployments, replicaSets as resource } from '#lib/api/resources.ts';
import type { Deployment, ReplicaSet } from '#lib/api/types/apps.v1.ts';
import type { PodTemplateSpec } from '#lib/api/types/core.v1.ts';
import { hashOf } from '../shared/hash.ts';
import { controllerReference } from '../shared/owners.ts';

export const hashLabel = 'pod-template-hash';
export const annotations = {
  revision: 'deployment.kubernetes.io/revision',
  history: 'deployment.kubernetes.io/revision-history',
  desired: 'deployment.kubernetes.io/desired-replicas',
  max: 'deployment.kubernetes.io/max-replicas',
} as const;

/** The oldest one that has the Deployment's template. */
export function findNew(deployment: Deployment, all: readonly ReplicaSet[]): ReplicaSet | undefined {
  const wanted = withoutHash(deployment.spec!.template);
  return byAge(all).find(({ spec }) => isSame(withoutHash(spec!.template), wanted));
}

/** A new one without pods, as it is sent to the server. */
export function makeNew(deployment: Deployment): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec!;
  const hash = hashOf(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      ownerReferences: [controllerReference(deployments, deployment)],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: { replicas: 0 },
  };
}

export function sizeOf({ spec }: ReplicaSet): number {
  return spec?.replicas ?? 0;
}

export function sizeOfAll(all: readonly ReplicaSet[]): number {
  return all.reduce((sum, one) => sum + sizeOf(one), 0);
}

export function availableOf({ status }: ReplicaSet): number {
  return status?.availableReplicas ?? 0;
}

export function byAge(all: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const time = ({ metadata }: ReplicaSet) => metadata.creationTimestamp ?? '9'; // not made yet: last
  return all.toSorted((a, b) => compare(time(a), time(b)) || compare(a.metadata.name, b.metadata.name));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** 64 bits wide: people and tests do write such numbers. 0 for what is none. */
export function revisionOf({ metadata }: { readonly metadata: ReplicaSet['metadata'] }): bigint {
  const text = metadata.annotations?.[annotations.revision] ?? '';
  return /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
}

export function highestRevision(all: readonly ReplicaSet[]): bigint {
  return all.map(revisionOf).reduce((most, one) => (one > most ? one : most), 0n);
}

/** What the new ReplicaSet of `deployment` has to carry, its revision included. */
export function annotationsFor(
  deployment: Deployment,
  set: ReplicaSet,
  revision: bigint,
): Readonly<Record<string, string>> {
  const result: Record<string, string> = { ...set.metadata.annotations };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(key)) result[key] = value;
  }
  const old = result[annotations.revision];
  // A lower revision on what is to be the newest: somebody rolled back to it.
  if (revisionOf(set) < revision) {
    result[annotations.revision] = String(revision);
    if (old !== undefined) result[annotations.history] = joinHistory(result[annotations.history], old);
  }
  return result;
}
const notCopied: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  ...Object.values(annotations),
]);

/** Revisions that it once had, the newest last; a hundred or so at most. */
function joinHistory(history: string | undefined, revision: string): string {
  const all = history ? history.split(',') : [];
  return [...all.slice(-99), revision].join(',');
}

export function sizeAnnotations(desired: number, max: number): Readonly<Record<string, string>> {
  return { [annotations.desired]: String(desired), [annotations.max]: String(max) };
}

export function withAnnotations(set: ReplicaSet, more: Readonly<Record<string, string>>): ReplicaSet {
  return { ...set, metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...more } } };
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
