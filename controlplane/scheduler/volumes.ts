// Volumes between the decision for a node and the binding of the pod: they are tied first. Rule: VolumeBinding, PreBind.
import { persistentVolumeClaims, persistentVolumes, storageClasses } from '#lib/api/resources.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Informers } from '../controllers/informers.ts';
import { bindCompleted, hasAnnotation, selectedNode } from '../volumes/annotations.ts';
import { tiedVolume } from '../volumes/tie.ts';
import { claimsOf, type Decision, decide, type VolumeFacts } from './plugins/volume-binding.ts';

export interface SchedulerVolumes {
  readonly facts: VolumeFacts;
  readonly synced: Promise<unknown>;
  /** Calls `listener` when something changed that may let a pod fit. */
  onChange(listener: () => void): void;
  /** Promises the pod its volumes on `node`, at once; call the result to get them, and wait. @throws if it takes too long */
  reserve(pod: Pod, node: Node, isThere: () => boolean): (signal: AbortSignal) => Promise<void>;
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
  const promised = new Map<string, string>(); // bounded by the pods that are being bound
  const facts: VolumeFacts = {
    claimAt: (namespace, name) => claims.get(`${namespace}/${name}`),
    volumeNamed: (name) => volumes.get(name),
    volumes: () => volumes.list(),
    classNamed: (name) => classes.get(name),
    promised,
  };

  async function write(decision: Decision, node: Node, signal: AbortSignal): Promise<void> {
    const { claim } = decision;
    if (decision.do === 'bind') {
      const tied = tiedVolume(decision.volume, claim);
      if (tied !== undefined) await client.update(persistentVolumes, tied, signal);
      return;
    }
    if (claim.metadata.annotations?.[selectedNode] === node.metadata.name) return;
    const annotations = { ...claim.metadata.annotations, [selectedNode]: node.metadata.name };
    await client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, annotations } }, signal);
  }

  async function bound(decisions: readonly Decision[], isThere: () => boolean, signal: AbortSignal): Promise<void> {
    const untilMs = clock.now() + mostMs;
    for (const { claim } of decisions) {
      const key = `${claim.metadata.namespace}/${claim.metadata.name}`;
      for (;;) {
        const now = claims.get(key);
        if (now === undefined || now.metadata.uid !== claim.metadata.uid)
          throw new ReasonError('Conflict', `Claim ${key} is gone`);
        if (now.spec.volumeName && hasAnnotation(now, bindCompleted)) break;
        if (!isThere()) throw new ReasonError('NotFound', 'The pod is gone');
        if (clock.now() > untilMs) throw new ReasonError('Timeout', `binding volumes: timed out waiting for ${key}`);
        await clock.sleep(lookMs, signal);
      }
    }
  }

  return {
    facts,
    synced: Promise.all([claims.synced, volumes.synced, classes.synced]),
    onChange(listener) {
      claims.onChange(listener);
      volumes.onChange(listener);
      classes.onChange(listener);
    },
    reserve(pod, node, isThere) {
      const { delayed } = claimsOf(pod, facts);
      const decisions = delayed.length === 0 ? [] : (decide(delayed, node, facts) ?? []);
      const names = decisions.flatMap((one) => (one.do === 'bind' ? [one.volume.metadata.name] : []));
      decisions.forEach((one) => {
        if (one.do === 'bind')
          promised.set(one.volume.metadata.name, `${one.claim.metadata.namespace}/${one.claim.metadata.name}`);
      });
      return async (signal) => {
        if (decisions.length === 0) return;
        try {
          for (const decision of decisions) await write(decision, node, signal);
          await bound(decisions, isThere, signal);
        } finally {
          for (const name of names) promised.delete(name);
        }
      };
    },
  };
}
const mostMs = 600_000;
const lookMs = 50;
