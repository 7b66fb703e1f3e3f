// A Deployment's pods: never more than surge allows, and fewer than allowed only where a node was lost.
import type { Deployment, DeploymentSpec, ReplicaSet } from '#lib/api/types/apps.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { amountOf, graceMs, isAvailable, isDisrupted, isLeaving, isLive, ownerOf } from './facts.ts';
import type { Broken, Change, Rule, Step, World } from './history.ts';
import { isDisturbance } from './nodes.ts';
import { Wishes } from './wishes.ts';

interface Known {
  readonly name: string;
  readonly wishes: Wishes<DeploymentSpec>;
  /** Available pods that it may not fall below; 0 while it is on its way to what was asked for. */
  floor: number;
  sum: number; // of what its ReplicaSets are to have
}

/** Rule: "Deployments", "Max Surge" and "Max Unavailable". */
export function withinSurge(): Rule {
  const deployments = new Map<string, Known>();
  const ownerOfSet = new Map<string, string>(); // ReplicaSet > Deployment, also of those that are gone
  const lowered = new Map<string, { readonly from: number; readonly atMs: number }[]>(); // sizes that ReplicaSets had
  return (step, world) => {
    const broken: Broken[] = [];
    for (const change of step.changes) {
      if (change.kind === 'deployments' && change.now !== undefined) noteDeployment(change.now as Deployment, step);
      if (change.kind === 'replicaSets' && change.now !== undefined)
        noteSet(change.before as ReplicaSet | undefined, change.now as ReplicaSet, step);
    }
    const touched = new Set(
      step.changes.flatMap(({ kind, before, now }) => {
        const one = now ?? before!;
        const uid =
          kind === 'pods'
            ? ownerOfSet.get(ownerOf(one) ?? '')
            : kind === 'replicaSets'
              ? ownerOf(one)
              : one.metadata.uid;
        return uid !== undefined && deployments.has(uid) ? [uid] : [];
      }),
    );
    for (const uid of touched) broken.push(...judge(uid, deployments.get(uid)!, step, world));
    return broken;
  };

  function noteDeployment(now: Deployment, step: Step): void {
    const uid = now.metadata.uid!;
    const known = deployments.get(uid) ?? { name: now.metadata.name, wishes: new Wishes(), floor: 0, sum: 0 };
    deployments.set(uid, known);
    const before = known.wishes.newest;
    if (!known.wishes.note(now, step)) return;
    // Scaling down takes from what is available, too; with less asked for there is less to hold.
    known.floor = (before?.replicas ?? 1) > replicasOf(now.spec!) ? 0 : Math.min(known.floor, leastOf(now.spec!));
  }

  function noteSet(before: ReplicaSet | undefined, now: ReplicaSet, step: Step): void {
    const uid = now.metadata.uid!;
    const owner = ownerOf(now);
    if (owner !== undefined) ownerOfSet.set(uid, owner);
    const from = before?.spec?.replicas ?? 0;
    if (from > (now.spec?.replicas ?? 1))
      lowered.set(uid, [...(lowered.get(uid) ?? []), { from, atMs: step.latestMs }]);
  }

  /** How many pods it may still have: those that were just asked to go count no more for the Deployment. */
  function mostOfSet(set: ReplicaSet | undefined, uid: string, step: Step): number {
    const recent = (lowered.get(uid) ?? []).filter(({ atMs }) => step.earliestMs <= atMs + graceMs);
    lowered.set(uid, recent);
    return Math.max(set?.spec?.replicas ?? 0, ...recent.map(({ from }) => from));
  }

  function judge(uid: string, known: Known, step: Step, world: World): readonly Broken[] {
    const broken: Broken[] = [];
    const say = (rule: string, what: string, objects: Broken['objects']) =>
      broken.push({ rule, what: `Deployment ${known.name} ${what}`, objects });
    const deployment = world.deployments.get(uid);
    const sets = [...world.replicaSets.values()].filter((set) => ownerOf(set) === uid);
    const pods = [...world.pods.values()].filter((pod) => ownerOfSet.get(ownerOf(pod) ?? '') === uid);
    const valid = known.wishes.valid(step);
    const most = Math.max(...valid.map(mostOf));

    const sum = sets.reduce((all, { spec }) => all + (spec?.replicas ?? 1), 0);
    if (sum > known.sum && sum > most) say('surge', `asks for ${sum} pods, ${most} at most are allowed`, sets);
    known.sum = sum;

    const came = step.changes.flatMap(({ kind, before, now }) =>
      kind === 'pods' && before === undefined && now !== undefined ? [now as Pod] : [],
    );
    let counted = 0;
    for (const [setUid, own] of Map.groupBy(pods.filter(isLive), (pod) => ownerOf(pod)!)) {
      const set = world.replicaSets.get(setUid);
      const mostOwn = mostOfSet(set, setUid, step);
      const hasMore = came.some((pod) => ownerOf(pod) === setUid);
      if (hasMore && set !== undefined && own.length > mostOwn)
        say('replicas', `has ${own.length} pods of ${set.metadata.name}, which may have ${mostOwn}`, [set, ...own]);
      const isJustLowered = mostOwn > (set?.spec?.replicas ?? 0);
      counted += isJustLowered ? Math.min(own.length, set?.spec?.replicas ?? 0) : own.length;
    }
    const isMore = came.some((pod) => ownerOfSet.get(ownerOf(pod) ?? '') === uid);
    if (isMore && deployment !== undefined && counted > most)
      say('surge', `has ${counted} pods, ${most} at most are allowed`, [...sets, ...pods.filter(isLive)]);

    const available = pods.filter(isAvailable).length;
    const isOver = deployment === undefined || isLeaving(deployment);
    const isHit = isOver || step.isGap || step.changes.some((change) => isDisturbance(change) || isDisturbed(change)); // a node was lost: until all is as asked for again
    if (isHit) known.floor = 0;
    if (available < known.floor && step.changes.some(isLost)) {
      say('available', `has ${available} pods available, and has to keep ${known.floor}`, [...sets, ...pods]);
      known.floor = available; // said once
    }
    const least = Math.min(...valid.map(leastOf));
    const isSettled =
      !isHit && deployment !== undefined && isComplete(deployment) && available >= replicasOf(deployment.spec!);
    known.floor = isSettled ? least : Math.min(known.floor, least);
    return broken;
  }
}

function isDisturbed({ kind, before }: Change): boolean {
  return kind === 'pods' && before !== undefined && isDisrupted(before as Pod);
}

function isLost({ kind, before, now }: Change): boolean {
  return (
    kind === 'pods' &&
    before !== undefined &&
    isAvailable(before as Pod) &&
    !(now !== undefined && isAvailable(now as Pod))
  );
}

function replicasOf({ replicas = 1 }: DeploymentSpec): number {
  return replicas;
}

function mostOf(spec: DeploymentSpec): number {
  const replicas = replicasOf(spec);
  return replicas + amountOf(spec.strategy?.rollingUpdate?.maxSurge, replicas, 'up');
}

function leastOf(spec: DeploymentSpec): number {
  const replicas = replicasOf(spec);
  const { maxSurge, maxUnavailable } = spec.strategy?.rollingUpdate ?? {};
  const missing = amountOf(maxUnavailable, replicas, 'down');
  const isStuck = missing === 0 && amountOf(maxSurge, replicas, 'up') === 0; // one has to go first then
  return Math.max(0, replicas - (isStuck ? 1 : missing));
}

function isComplete({ metadata, spec, status }: Deployment): boolean {
  const wanted = replicasOf(spec!);
  return (
    status?.observedGeneration === metadata.generation &&
    [status?.replicas, status?.updatedReplicas, status?.availableReplicas].every((count = 0) => count === wanted)
  );
}
