// Keeps a picture of each static pod in the API, so that people see it there: it shows the pod, and rules nothing.
import { pods } from '#lib/api/resources.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Informer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import { createController } from '#lib/controller.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { settledOrAborted } from '../settled-or-aborted.ts';
import { configHash, configMirror, isMirror, isMirrorOf } from './annotations.ts';
import type { StaticPods } from './static-pods.ts';

export interface KeepMirrorsOptions {
  readonly client: Client;
  readonly informer: Informer<Pod>;
  readonly statics: StaticPods;
  /** This node, as the API has it. */
  node(): Node | undefined;
  /** Whether a pod of this name still ends here: until then its picture stays. */
  isEnding(key: string): boolean;
  /** The pod's picture is new: its status has to be told. */
  onMirror(podUid: string): void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Rule: "Create static Pods"; a mirror that is deleted or that shows another pod is made anew. */
export async function keepMirrors(options: KeepMirrorsOptions, signal: AbortSignal): Promise<void> {
  const { client, informer, statics, clock, log } = options;
  const backoffMs = (failures: number) => Math.min(200 * 2 ** (failures - 1), 10_000);
  const queue = createController({ name: 'mirror-pods', reconcile, workers: 2, backoffMs, clock, log });

  async function reconcile(key: string, life: AbortSignal): Promise<number | undefined> {
    const [pod, there] = [statics.get(key), informer.get(key)];
    if (there !== undefined && !isMirror(there)) return undefined; // somebody else's pod has its name
    if (pod !== undefined && isMirrorOf(there, pod) && there.metadata.deletionTimestamp === undefined) {
      options.onMirror(pod.metadata.uid ?? '');
      return undefined;
    }
    if (there !== undefined) {
      if (pod === undefined && !statics.isComplete()) return unreadMs;
      if (pod === undefined && options.isEnding(key)) return againMs;
      await remove(there, life);
      return againMs;
    }
    if (pod !== undefined) await make(pod, life);
    return undefined;
  }

  async function make(pod: Pod, life: AbortSignal): Promise<void> {
    const { name, namespace, labels, annotations } = pod.metadata;
    const node = options.node();
    if (node === undefined) throw new Error('The node is not registered yet');
    const owner = { apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid ?? '' };
    const mirror = {
      metadata: {
        name,
        namespace: namespace ?? 'default',
        ...(labels === undefined ? {} : { labels }),
        annotations: { ...annotations, [configMirror]: annotations?.[configHash] ?? '' },
        ownerReferences: [{ ...owner, controller: true }],
      },
      spec: pod.spec,
    };
    await client.create(pods, mirror, life).catch((error) => {
      if (!hasReason(error, 'AlreadyExists')) throw error;
    });
    log.info('Made mirror pod', { pod: `${namespace}/${name}` });
  }

  async function remove({ metadata }: Pod, life: AbortSignal): Promise<void> {
    const { namespace = 'default', name, uid } = metadata;
    const options = { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { preconditions: { uid } }) };
    await client.delete(pods, { namespace, name }, life, options).catch((error) => {
      if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
    });
  }

  await settledOrAborted(Promise.all([informer.synced, statics.synced]), signal);
  if (signal.aborted) return;
  const stops = [
    statics.onChange((_now, _before, key) => queue.add(key)),
    informer.onChange((now, before, key) => {
      if (isMirror((now ?? before)!)) queue.add(key);
    }),
  ];
  await queue.run(signal);
  for (const stop of stops) stop();
}
const againMs = 300;
const unreadMs = 5_000;
