// A StatefulSet's pods: each ordinal once, and one after the other.
import type { ControllerRevision, StatefulSet, StatefulSetSpec } from '#lib/api/types/apps.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { graceMs, hasEnded, isAvailable, isDisrupted, isLeaving, ownerOf } from './facts.ts';
import type { Broken, Rule, Step, World } from './history.ts';
import { Wishes } from './wishes.ts';

interface Known {
  readonly name: string;
  readonly isOrdered: boolean;
  readonly wishes: Wishes<StatefulSetSpec>;
  /** Until when the pod of each ordinal was available that no longer is, and when its pod came. */
  readonly soundMs: Map<number, number>;
  readonly cameMs: Map<number, number>;
  /** Names of the revisions that pods are to have, or had to until then. */
  revision: string;
  readonly formerMs: Map<string, number>;
}

/** Rule: "StatefulSets", "Deployment and Scaling Guarantees", "Rolling Updates" and "Partitions". */
export function inOrder(): Rule {
  const sets = new Map<string, Known>();
  return (step, world) => {
    for (const { kind, now } of step.changes) {
      if (kind === 'statefulSets' && now !== undefined) noteSet(now as StatefulSet, step);
      if (kind === 'controllerRevisions' || kind === 'statefulSets')
        for (const [uid, known] of sets) noteRevision(uid, known, step, world);
    }
    const broken: Broken[] = [];
    for (const { kind, before, now } of step.changes) {
      const pod = (now ?? before) as Pod;
      const uid = kind === 'pods' ? ownerOf(pod) : undefined;
      const known = uid === undefined ? undefined : sets.get(uid);
      if (known === undefined) continue;
      const own = [...world.pods.values()].filter((one) => ownerOf(one) === uid);
      const set = world.statefulSets.get(uid!);
      const isOver = set === undefined || isLeaving(set); // all its pods go with it
      const view: View = { known, own, step, valid: known.wishes.valid(step) };
      if (before === undefined) {
        broken.push(...judgeCame(pod, view));
        known.cameMs.set(ordinalOf(pod), step.latestMs);
      } else if (!step.isGap && !isOver && !isLeaving(before) && (now === undefined || isLeaving(now)))
        broken.push(...judgeLeaving(before as Pod, pod, view));
      if (before !== undefined && isAvailable(before as Pod)) known.soundMs.set(ordinalOf(pod), step.latestMs);
    }
    return broken;
  };

  function noteSet(now: StatefulSet, step: Step): void {
    const uid = now.metadata.uid!;
    const known = sets.get(uid) ?? {
      name: now.metadata.name,
      isOrdered: now.spec.podManagementPolicy !== 'Parallel',
      wishes: new Wishes<StatefulSetSpec>(),
      soundMs: new Map(),
      cameMs: new Map(),
      revision: '',
      formerMs: new Map(),
    };
    sets.set(uid, known);
    known.wishes.note(now, step);
  }

  function noteRevision(uid: string, known: Known, step: Step, { controllerRevisions }: World): void {
    const own = [...controllerRevisions.values()].filter((one) => ownerOf(one) === uid);
    const newest = own.reduce<ControllerRevision | undefined>(
      (a, b) => (a !== undefined && a.revision > b.revision ? a : b),
      undefined,
    );
    if (newest === undefined || newest.metadata.name === known.revision) return;
    known.formerMs.set(known.revision, step.latestMs);
    known.revision = newest.metadata.name;
  }
}

interface View {
  readonly known: Known;
  /** All pods of the set that are there now. */
  readonly own: readonly Pod[];
  readonly step: Step;
  readonly valid: readonly StatefulSetSpec[];
}

function judgeCame(pod: Pod, view: View): readonly Broken[] {
  const { known, own, step, valid } = view;
  const ordinal = ordinalOf(pod);
  const same = own.filter((one) => ordinalOf(one) === ordinal);
  if (same.length > 1) return [say(view, 'ordinal-twice', `${ordinal} is there ${same.length} times`, same)];
  const end = Math.max(...valid.map(({ replicas = 1 }) => replicas));
  if (ordinal >= end) return [say(view, 'replicas', `${ordinal} came, and only ${end} are asked for`, own)];
  if (!known.isOrdered || step.isGap) return [];
  const missing = Array.from({ length: ordinal }, (_, i) => i).filter((i) => !wasSound(i, view));
  return missing.length === 0 ? [] : [say(view, 'order', `${ordinal} came before ${missing.join(' ')} was ready`, own)];
}

/** Sent away by the set's controller: it is too many, old, or has ended. */
function judgeLeaving(before: Pod, pod: Pod, view: View): readonly Broken[] {
  if (hasEnded(before) || hasEnded(pod) || isDisrupted(before) || isDisrupted(pod)) return [];
  const reasons = view.valid.map((spec) =>
    ordinalOf(pod) >= (spec.replicas ?? 1) ? problemScaling(pod, view) : problemUpdating(before, spec, view),
  );
  if (reasons.length === 0 || reasons.includes(undefined)) return [];
  return [say(view, 'order', `${ordinalOf(pod)} was sent away: ${reasons[0]}`, [pod, ...view.own])];
}

function problemScaling(pod: Pod, { known, own, step }: View): string | undefined {
  if (!known.isOrdered) return undefined;
  const isNew = (ordinal: number) => step.earliestMs <= (known.cameMs.get(ordinal) ?? 0) + graceMs; // not known to all yet
  const above = own.map(ordinalOf).filter((ordinal) => ordinal > ordinalOf(pod) && !isNew(ordinal));
  return above.length === 0 ? undefined : `${above.sort().join(' ')} had to be gone before`;
}

function problemUpdating(pod: Pod, spec: StatefulSetSpec, view: View): string | undefined {
  const { known, own } = view;
  const ordinal = ordinalOf(pod);
  const { partition = 0 } = spec.updateStrategy?.rollingUpdate ?? {};
  if (ordinal < partition) return `it is below the partition ${partition}`;
  const isRecent = (name: string) => view.step.earliestMs <= (known.formerMs.get(name) ?? 0) + graceMs;
  const isSomeRecent = [...known.formerMs.keys()].some((name) => name !== '' && isRecent(name));
  if (revisionOf(pod) === known.revision && !isSomeRecent) return 'it was of the newest revision';
  if (!isAvailable(pod)) return undefined; // it takes nothing away
  const later = Array.from({ length: (spec.replicas ?? 1) - ordinal - 1 }, (_, i) => ordinal + 1 + i);
  const unsound = later.filter((i) => !wasSound(i, view));
  if (unsound.length > 0) return `${unsound.join(' ')} was not ready`;
  const isOld = (one: Pod) => revisionOf(one) !== known.revision && !isRecent(revisionOf(one));
  const old = own.filter((one) => later.includes(ordinalOf(one)) && !isLeaving(one) && isOld(one)).map(ordinalOf);
  return old.length === 0 ? undefined : `${old.join(' ')} was not new yet`;
}

function wasSound(ordinal: number, { known, own, step }: View): boolean {
  if (own.some((pod) => ordinalOf(pod) === ordinal && isAvailable(pod))) return true;
  return step.earliestMs <= (known.soundMs.get(ordinal) ?? Number.NEGATIVE_INFINITY) + graceMs;
}

function say({ known }: View, rule: string, what: string, objects: Broken['objects']): Broken {
  return { rule, what: `StatefulSet ${known.name}: ${what}`, objects };
}

function ordinalOf({ metadata }: Pod): number {
  return Number(metadata.name.slice(metadata.name.lastIndexOf('-') + 1));
}

function revisionOf({ metadata }: Pod): string {
  return metadata.labels?.['controller-revision-hash'] ?? '';
}
