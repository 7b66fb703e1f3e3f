// Volumes between the decision for a node and the binding of the pod: they are tied first. Rule: VolumeBinding, PreBind.
import {
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  persistentVolumeClaims,
  persistentVolumes,
  storageClasses,
} from '#lib/api/resources.ts';
import type { Node, PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Informers } from '../controllers/informers.ts';
import { bindCompleted, hasAnnotation, selectedNode } from '../volumes/annotations.ts';
import { isVolumeOn } from '../volumes/match.ts';
import { tiedVolume } from '../volumes/tie.ts';
import { claimsOf, type Decision, decide, type VolumeFacts } from './plugins/volume-binding.ts';

export interface SchedulerVolumes {
  readonly facts: VolumeFacts;
  readonly synced: Promise<unknown>;
  /** Calls `listener` when something changed that may let a pod fit. */
  onChange(listener: () => void): void;
  /**
   * Promises the pod its volumes on `node`, at once; call the result to get them, and wait.
   * @throws if it takes longer than `timeoutMs` (10 min unless told), or if who makes a volume has given it up for this node
   */
  reserve(pod: Pod, node: Node, isThere: () => boolean, timeoutMs?: number): (signal: AbortSignal) => Promise<void>;
}

export function createSchedulerVolumes({
  client,
  informers,
  clock,
}: {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
}): SchedulerVolumes {
  const claims = informers.get(persistentVolumeClaims);
  const volumes = informers.get(persistentVolumes);
  const classes = informers.get(storageClasses);
  const drivers = informers.get(csiDrivers);
  const capacities = informers.get(csiStorageCapacities);
  const attached = informers.get(csiNodes);
  const promised = new Map<string, string>(); // bounded by the pods that are being bound
  const facts: VolumeFacts = {
    claimAt: (namespace, name) => claims.get(`${namespace}/${name}`),
    volumeNamed: (name) => volumes.get(name),
    volumes: () => volumes.list(),
    classNamed: (name) => classes.get(name),
    driverNamed: (name) => drivers.get(name),
    capacities: () => capacities.list(),
    promised,
  };

  /** Returns the claim as it was written. */
  async function write(decision: Decision, node: Node, signal: AbortSignal): Promise<PersistentVolumeClaim> {
    const { claim } = decision;
    if (decision.do === 'bind') {
      const tied = tiedVolume(decision.volume, claim);
      if (tied !== undefined) await client.update(persistentVolumes, tied, signal);
      return claim;
    }
    if (claim.metadata.annotations?.[selectedNode] === node.metadata.name) return claim;
    const annotations = { ...claim.metadata.annotations, [selectedNode]: node.metadata.name };
    const next = { ...claim, metadata: { ...claim.metadata, annotations } };
    return await client.update(persistentVolumeClaims, next, signal);
  }

  interface Waiting {
    readonly node: Node;
    isThere(): boolean;
    readonly timeoutMs: number;
  }

  async function bound(
    claimsNow: readonly (readonly [Decision, PersistentVolumeClaim])[],
    { node, isThere, timeoutMs }: Waiting,
    signal: AbortSignal,
  ): Promise<void> {
    const untilMs = clock.now() + timeoutMs;
    for (const [decision, claim] of claimsNow) {
      const key = `${claim.metadata.namespace}/${claim.metadata.name}`;
      for (;;) {
        const now = claims.get(key);
        if (now === undefined || now.metadata.uid !== claim.metadata.uid)
          throw new ReasonError('Conflict', `Claim ${key} is gone`);
        if (now.spec.volumeName && hasAnnotation(now, bindCompleted)) {
          checkPlace(now.spec.volumeName, node);
          break;
        }
        if (decision.do === 'provision' && isGivenUp(now, claim, node)) {
          throw new ReasonError('Conflict', `provisioning failed for PVC ${JSON.stringify(claim.metadata.name)}`);
        }
        if (!isThere()) throw new ReasonError('NotFound', 'The pod is gone');
        if (clock.now() > untilMs) throw new ReasonError('Timeout', `binding volumes: timed out waiting for ${key}`);
        await clock.sleep(lookMs, signal);
      }
    }
  }

  /** @throws {ReasonError} Conflict, if the volume cannot be reached from there */
  function checkPlace(name: string, node: Node): void {
    const volume = volumes.get(name);
    if (volume === undefined || isVolumeOn(volume, node)) return;
    const text = `pv ${JSON.stringify(name)} node affinity doesn't match node ${JSON.stringify(node.metadata.name)}`;
    throw new ReasonError('Conflict', text);
  }

  const all = [claims, volumes, classes, drivers, capacities, attached];
  return {
    facts,
    synced: Promise.all(all.map(({ synced }) => synced)),
    onChange(listener) {
      for (const informer of all) informer.onChange(listener);
    },
    reserve(pod, node, isThere, timeoutMs = usualMs) {
      const { delayed } = claimsOf(pod, facts);
      const choice = decide(delayed, node, facts);
      const decisions = 'decisions' in choice ? choice.decisions : [];
      const names = decisions.flatMap((one) => (one.do === 'bind' ? [one.volume.metadata.name] : []));
      decisions.forEach((one) => {
        if (one.do === 'bind')
          promised.set(one.volume.metadata.name, `${one.claim.metadata.namespace}/${one.claim.metadata.name}`);
      });
      return async (signal) => {
        if (decisions.length === 0) return;
        try {
          const written: [Decision, PersistentVolumeClaim][] = [];
          for (const decision of decisions) written.push([decision, await write(decision, node, signal)]);
          await bound(written, { node, isThere, timeoutMs }, signal);
        } finally {
          for (const name of names) promised.delete(name);
        }
      };
    },
  };
}

/** Who makes a volume takes the node off of its claim when it cannot make it there: another one is to be tried. */
function isGivenUp(now: PersistentVolumeClaim, written: PersistentVolumeClaim, node: Node): boolean {
  if (now.metadata.annotations?.[selectedNode] === node.metadata.name) return false;
  return BigInt(now.metadata.resourceVersion ?? 0) >= BigInt(written.metadata.resourceVersion ?? 0); // not seen late
}

const usualMs = 600_000;
const lookMs = 50;
