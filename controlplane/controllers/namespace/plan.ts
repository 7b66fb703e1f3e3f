import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import type { Namespace, NamespaceCondition, NamespaceStatus } from '#lib/api/types/core.v1.ts';
import { conditionOf, withCondition } from '../shared/conditions.ts';

export const finalizer = 'kubernetes';

export interface Left {
  readonly kind: Resource<KubeObject>;
  readonly objects: readonly KubeObject[];
}

export interface ContentFacts {
  /** Kinds of which something is left. */
  readonly left: readonly Left[];
  /** What could not be deleted, and why. */
  readonly failures: readonly string[];
}

/** Kinds in the order in which their objects go: pods before what they use. Rule: KEP-5080, ordered namespace deletion. */
export function stagesOf(kinds: readonly Resource<KubeObject>[]): readonly (readonly Resource<KubeObject>[])[] {
  const own = kinds.filter(({ isNamespaced }) => isNamespaced);
  const isPod = ({ group, plural }: Resource<KubeObject>) => group === '' && plural === 'pods';
  // Events are one kind under two groups; those of the core group will do.
  const rest = own.filter((kind) => !isPod(kind) && !(kind.plural === 'events' && kind.group !== ''));
  return [own.filter(isPod), rest];
}

/** The status of a namespace that is going, which says what it waits for. Rule: kubernetes pkg/controller/namespace/deletion. */
export function planStatus({ status }: Namespace, { left, failures }: ContentFacts, nowMs: number): NamespaceStatus {
  const remaining = left.map(({ kind, objects }) => `${nameOf(kind)} has ${objects.length} resource instances`);
  const blockers = countFinalizers(left);
  const wanted: readonly NamespaceCondition[] = [
    say('NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'),
    say(
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    failures.length === 0
      ? say(
          'NamespaceDeletionContentFailure',
          'False',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        )
      : say(
          'NamespaceDeletionContentFailure',
          'True',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`,
        ),
    remaining.length === 0
      ? say('NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed')
      : say(
          'NamespaceContentRemaining',
          'True',
          'SomeResourcesRemain',
          `Some resources are remaining: ${remaining.join(', ')}`,
        ),
    blockers.length === 0
      ? say(
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        )
      : say(
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${blockers.join(', ')}`,
        ),
  ];
  const time = timestamp(nowMs);
  let conditions = status?.conditions;
  for (const condition of wanted) {
    const before = conditionOf(conditions, condition.type);
    const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : time;
    conditions = withCondition(conditions, { ...condition, lastTransitionTime });
  }
  return { ...status, phase: 'Terminating', ...(conditions === undefined ? {} : { conditions }) };
}

function countFinalizers(left: readonly Left[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { metadata } of left.flatMap(({ objects }) => objects)) {
    for (const name of metadata.finalizers ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${name} in ${count} resource instances`).sort();
}

/** 'pods.', 'deployments.apps': as upstream writes a group and resource. */
function nameOf({ plural, group }: Resource<KubeObject>): string {
  return `${plural}.${group}`;
}

function say(type: string, status: string, reason: string, message: string): NamespaceCondition {
  return { type, status, reason, message };
}
