import { pods as podResource, deployments as resource, replicaSets as setResource } from '#lib/api/resources.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { Deployment, ReplicaSet } from '#lib/api/types/apps.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { assertNever, hasReason, type Reason } from '#lib/errors.ts';
import { indexes } from '../informers.ts';
import { claim, possibleOwners } from '../shared/claim.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { isOfDyingNamespace } from '../shared/dying-namespace.ts';
import { controllerOf, refersTo } from '../shared/owners.ts';
import { planDeployment, type Step } from './plan.ts';
import { annotations, findNew, sizeOf } from './replica-sets.ts';
import { say, setCondition } from './status.ts';

/** Rolls each Deployment's pods to its template by way of ReplicaSets. */
export async function runDeployments(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events, clock } = context;
  const deployments = informers.get(resource);
  const sets = informers.get(setResource);
  const pods = informers.get(podResource);
  const queue = createQueue('deployment-controller', context, reconcile, { workers: 8 });

  deployments.onChange((_now, _before, key) => queue.add(key));
  sets.onChange((now, before) => {
    for (const set of [now, before]) {
      const key = set && ownerKey(set);
      if (key !== undefined) queue.add(key);
    }
    if (now === undefined || controllerOf(now) !== undefined) return;
    const selects = ({ spec }: Deployment) => isSelectedBy(spec?.selector, now.metadata.labels);
    for (const key of possibleOwners(now, deployments, selects)) queue.add(key);
  });
  pods.onChange((now, before) => {
    // Only Recreate waits for pods, and only for their end.
    const hasEnded = now === undefined || now.status?.phase === 'Succeeded' || now.status?.phase === 'Failed';
    const key = hasEnded ? keyOfPod(now ?? before!) : undefined;
    if (key !== undefined && deployments.get(key)?.spec?.strategy?.type === 'Recreate') queue.add(key);
  });
  await runWhenSynced(queue, [deployments, sets, pods], signal);

  function ownerKey(set: ReplicaSet): string | undefined {
    const controller = controllerOf(set);
    if (controller === undefined || !refersTo(controller, resource)) return undefined;
    return `${set.metadata.namespace}/${controller.name}`;
  }

  function keyOfPod(pod: Pod): string | undefined {
    const controller = controllerOf(pod);
    if (controller === undefined || !refersTo(controller, setResource)) return undefined;
    const set = sets.get(`${pod.metadata.namespace}/${controller.name}`);
    return set && ownerKey(set);
  }

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const deployment = deployments.get(key);
    if (deployment?.spec === undefined) return undefined;
    const { selector } = deployment.spec;
    // An empty selector would own every ReplicaSet of the namespace.
    if (!selector.matchLabels && !selector.matchExpressions) {
      const message = 'This deployment is selecting all pods. A non-empty selector is required.';
      events.record(referenceTo(resource, deployment), 'Warning', 'SelectingAll', message);
      return undefined;
    }
    const owned = await claim(
      { client, ownerResource: resource, owner: deployment, selector, resource: setResource, reader: sets },
      signal,
    );
    const isRecreate = deployment.spec.strategy?.type === 'Recreate';
    const ownedPods = isRecreate
      ? owned.flatMap(({ metadata }) => pods.byIndex(indexes.controller, metadata.uid!))
      : [];
    const { steps, againMs } = planDeployment({ deployment, sets: owned, pods: ownedPods, nowMs: clock.now() });
    let latest = deployment;
    for (const step of steps) {
      const next = await execute(step, latest, signal);
      if (next === undefined) return 5; // the world is not what the plan took it for
      latest = next;
    }
    return againMs;
  }

  /** Returns the Deployment as it is now, or undefined if a new plan is needed. */
  async function execute(step: Step, deployment: Deployment, signal: AbortSignal): Promise<Deployment | undefined> {
    const { namespace } = deployment.metadata;
    switch (step.do) {
      case 'create':
        return await create(step.set, deployment, signal);
      case 'update':
        await client.update(setResource, step.set, signal);
        return deployment;
      case 'resize':
        await client.update(setResource, step.set, signal);
        if (sizeOf(step.set) !== step.from) tellSize(deployment, step.set, step.from);
        return deployment;
      case 'delete': {
        const { uid } = step.set.metadata;
        const at = { namespace, name: step.set.metadata.name };
        await client.delete(setResource, at, signal, { preconditions: { uid } }).catch(unless('NotFound'));
        return deployment;
      }
      case 'setRevision': {
        const marks = { ...deployment.metadata.annotations, [annotations.revision]: step.revision };
        const metadata = { ...deployment.metadata, annotations: marks };
        return await client.update(resource, { ...deployment, metadata }, signal);
      }
      case 'writeStatus':
        return await client.update(resource, { ...deployment, status: step.status }, signal, { subresource: 'status' });
      default:
        return assertNever(step, 'step');
    }
  }

  async function create(set: ReplicaSet, deployment: Deployment, signal: AbortSignal): Promise<Deployment | undefined> {
    try {
      await client.create(setResource, set, signal);
    } catch (error) {
      if (hasReason(error, 'AlreadyExists')) return await resolveCollision(set, deployment, signal);
      if (isOfDyingNamespace(error)) throw error;
      const message = `Failed to create new replica set "${set.metadata.name}": ${(error as Error).message}`;
      const condition = say('Progressing', 'False', 'ReplicaSetCreateError', message);
      await writeStatus(
        deployment,
        { conditions: setCondition(deployment.status?.conditions ?? [], condition, clock.now()) },
        signal,
      );
      events.record(referenceTo(resource, deployment), 'Warning', 'ReplicaSetCreateError', message);
      throw error;
    }
    if (sizeOf(set) > 0) tellSize(deployment, set, 0);
    return deployment;
  }

  /** The name is taken: by the very ReplicaSet that is wanted and not seen yet, or by another one with the same hash. */
  async function resolveCollision(set: ReplicaSet, deployment: Deployment, signal: AbortSignal): Promise<undefined> {
    const { namespace, name } = set.metadata;
    const other = await client.get(setResource, { namespace, name }, signal);
    const isOurs = controllerOf(other)?.uid === deployment.metadata.uid && findNew(deployment, [other]) !== undefined;
    if (!isOurs)
      await writeStatus(deployment, { collisionCount: (deployment.status?.collisionCount ?? 0) + 1 }, signal);
    return undefined;
  }

  async function writeStatus(
    deployment: Deployment,
    change: Partial<Deployment['status']>,
    signal: AbortSignal,
  ): Promise<void> {
    const status = { ...deployment.status, ...change };
    await client.update(resource, { ...deployment, status }, signal, { subresource: 'status' });
  }

  function tellSize(deployment: Deployment, set: ReplicaSet, from: number): void {
    const to = sizeOf(set);
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${set.metadata.name} from ${from} to ${to}`;
    events.record(referenceTo(resource, deployment), 'Normal', 'ScalingReplicaSet', message);
  }
}

function unless(...reasons: readonly Reason[]) {
  return (error: unknown) => {
    if (!hasReason(error, ...reasons)) throw error;
  };
}
