// What a delete does to an object, decided without doing it. Pure.
// Rule: registry rest.BeforeDelete and Store.Delete; deletionFinalizersForGarbageCollection.
import { copyOf } from '#lib/api/copy.ts';
import type { KindRules } from '#lib/api/kinds/kind-rules.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { DeleteOptions } from '#lib/api/types/meta.v1.ts';

export type Deletion =
  /** It goes at once. */
  | { readonly do: 'remove' }
  /** It stays, marked, until its grace is over and its finalizers are gone. */
  | { readonly do: 'mark'; readonly next: ApiObject }
  /** It is marked already, and nothing that was asked for changes that. */
  | { readonly do: 'nothing' };

export function planDeletion(object: KubeObject, options: DeleteOptions, rules: KindRules, nowMs: number): Deletion {
  const grace = graceOf(object, options, rules, nowMs);
  if (grace === 'pending') return { do: 'nothing' };
  const asked = finalizersAfter(object, options, rules.defaultPropagation);
  const finalizers = [...asked, ...lateFinalizers(object, rules)];
  const isHeld = finalizers.length > 0 || holdsNamespace(object);
  if (!isHeld && (grace === undefined || grace.seconds === 0)) return { do: 'remove' };
  const next = copyOf(object) as ApiObject;
  const { metadata } = next;
  if (finalizers.length > 0) metadata.finalizers = [...finalizers];
  else delete metadata.finalizers;
  if (grace === undefined) markNow(metadata, nowMs);
  else {
    if (metadata.deletionTimestamp === undefined) countGeneration(metadata);
    metadata.deletionTimestamp = text(grace.endMs);
    metadata.deletionGracePeriodSeconds = grace.seconds;
  }
  if (isNamespace(next)) next['status'] = { ...(next['status'] as object), phase: 'Terminating' };
  return { do: 'mark', next };
}

/** What is put on an object as its deletion begins. */
function lateFinalizers({ metadata }: KubeObject, { deletionFinalizer }: KindRules): readonly string[] {
  const isFirst = deletionFinalizer !== undefined && metadata.deletionTimestamp === undefined;
  return isFirst && !metadata.finalizers?.includes(deletionFinalizer) ? [deletionFinalizer] : [];
}

interface Grace {
  readonly seconds: number;
  readonly endMs: number;
}

/** Undefined: the kind knows no grace, or it is over. */
function graceOf(
  object: KubeObject,
  options: DeleteOptions,
  rules: KindRules,
  nowMs: number,
): Grace | 'pending' | undefined {
  if (rules.gracePeriodSeconds === undefined) return undefined;
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  const asked = options.gracePeriodSeconds;
  if (deletionTimestamp === undefined) {
    const seconds = rules.gracePeriodSeconds(object, asked);
    return { seconds, endMs: nowMs + seconds * 1000 };
  }
  if (!deletionGracePeriodSeconds) return undefined;
  // It may only be shortened, counted from when it began.
  const seconds = asked === undefined ? deletionGracePeriodSeconds : asked < 0 ? 1 : asked;
  if (seconds >= deletionGracePeriodSeconds) return 'pending';
  return { seconds, endMs: Date.parse(deletionTimestamp) + (seconds - deletionGracePeriodSeconds) * 1000 };
}

function markNow(metadata: ApiObject['metadata'], nowMs: number): void {
  if (metadata.deletionGracePeriodSeconds === undefined) countGeneration(metadata);
  const isLater = metadata.deletionTimestamp !== undefined && Date.parse(metadata.deletionTimestamp) > nowMs;
  if (metadata.deletionTimestamp === undefined || isLater) metadata.deletionTimestamp = text(nowMs);
  metadata.deletionGracePeriodSeconds = 0;
}

function countGeneration(metadata: ApiObject['metadata']): void {
  if (metadata.generation) metadata.generation += 1;
}

/** The garbage collector's two finalizers come and go as the request asks. */
export function finalizersAfter(
  { metadata }: KubeObject,
  { orphanDependents, propagationPolicy }: DeleteOptions,
  byDefault: KindRules['defaultPropagation'],
): readonly string[] {
  const before = metadata.finalizers ?? [];
  const isAsked = orphanDependents !== undefined || propagationPolicy !== undefined;
  const orphans = isAsked
    ? (orphanDependents ?? propagationPolicy === 'Orphan')
    : before.includes(orphanFinalizer) || (byDefault === 'Orphan' && !before.includes(foregroundFinalizer));
  const isForeground = isAsked ? propagationPolicy === 'Foreground' : before.includes(foregroundFinalizer);
  return [
    ...before.filter((finalizer) => finalizer !== orphanFinalizer && finalizer !== foregroundFinalizer),
    ...(orphans ? [orphanFinalizer] : []),
    ...(isForeground ? [foregroundFinalizer] : []),
  ];
}
const orphanFinalizer = 'orphan';
const foregroundFinalizer = 'foregroundDeletion';

function isNamespace({ apiVersion, kind }: KubeObject): boolean {
  return apiVersion === 'v1' && kind === 'Namespace';
}

/** A namespace has finalizers in its spec too: its content goes first. */
export function holdsNamespace(object: KubeObject): boolean {
  if (!isNamespace(object)) return false;
  const { spec } = object as { readonly spec?: { readonly finalizers?: readonly string[] } };
  return (spec?.finalizers?.length ?? 0) > 0;
}

function text(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}
