import { access, mkdir, readdir, realpath } from 'node:fs/promises';
import type { Pod, Volume } from '#lib/api/types/core.v1.ts';
import type { Informer } from '#lib/client/informer.ts';
import { createController } from '#lib/controller.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { StartError } from '../pods/start-error.ts';
import { bindSubPath, type Owned } from './bind-sub-path.ts';
import { releaseImages } from './image.ts';
import { isSafeSegment, podDirectory, podsDirectory } from './paths.ts';
import { payloadNeeds } from './payload.ts';
import { makePodDirectory, type Prepared, type PrepareOptions, prepareVolume } from './prepare.ts';
import { releaseDirectory } from './release.ts';
import type { PreparedVolume, PreparedVolumes, Volumes } from './volumes.ts';

export interface VolumesOptions extends Omit<PrepareOptions, 'root'> {
  /** Kubelet's directory: /var/lib/kubelet. */
  readonly root: string;
  readonly log: Log;
  /** Pods of this node: downward volumes follow them. */
  readonly pods: Pick<Informer<Pod>, 'onChange'>;
}

/** What is prepared, by pod: the newest object of it and when its files grow old. Bounded by the pods here. */
interface Held {
  pod: Pod;
  refreshAtMs: number | undefined;
}

/**
 * Volumes below `root`. What is on disk is the truth: nothing else needs to survive a restart.
 *
 * `run` keeps configMap, secret, downward and projected volumes of prepared pods up to date as their objects and the pods
 * themselves change and their tokens grow old; those of pods that were prepared before a restart, too.
 */
export async function createVolumes(
  options: VolumesOptions,
): Promise<Volumes & { run(signal: AbortSignal): Promise<void> }> {
  await mkdir(podsDirectory(options.root), { recursive: true, mode: 0o750 });
  const root = await realpath(options.root); // mount points are compared by their real paths
  const { objects, tokens, trustBundles, certificates, mounter, pods, clock, log } = options;
  const held = new Map<string, Held>();
  const turns = new Map<string, Promise<unknown>>(); // by pod uid: one at a time, as refreshing and the worker may meet
  const refresher = createController({ name: 'volumes', reconcile: refresh, workers: 2, clock, log });

  function inTurn<T>(podUid: string, run: () => Promise<T>): Promise<T> {
    const turn = (turns.get(podUid) ?? Promise.resolve()).then(run, run);
    turns.set(podUid, turn);
    const forget = () => {
      if (turns.get(podUid) === turn) turns.delete(podUid);
    };
    turn.then(forget, forget);
    return turn;
  }

  async function prepare(pod: Pod, signal: AbortSignal): Promise<PreparedVolumes> {
    const podUid = checkedUid(pod);
    objects.use(pod);
    const one: Held = { pod, refreshAtMs: held.get(podUid)?.refreshAtMs };
    held.set(podUid, one);
    await makePodDirectory(podDirectory(root, podUid));
    const prepared = new Map<string, Owned>();
    for (const volume of pod.spec.volumes ?? []) {
      const ready = await prepareNamed(pod, volume, signal);
      prepared.set(volume.name, { ...ready, podUid, name: volume.name });
    }
    const times = [...prepared.values()].flatMap(({ refreshAtMs }) => refreshAtMs ?? []);
    const next = times.length === 0 ? undefined : Math.min(...times);
    if (next !== undefined && next !== one.refreshAtMs) refresher.addAfter(podUid, Math.max(next - clock.now(), 1_000));
    one.refreshAtMs = next;
    return prepared;
  }

  async function prepareNamed(pod: Pod, volume: Volume, signal: AbortSignal): Promise<Prepared> {
    try {
      return await prepareVolume(pod, volume, { ...options, root }, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof StartError) throw error; // an image: containers tell of it as of their own
      const reason = error instanceof ReasonError ? error.reason : 'InternalError';
      const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${wordsOf(error)}`;
      throw new ReasonError(reason, message, { cause: error });
    }
  }

  /** Writes a running pod's files anew; what cannot be had now (an object deleted meanwhile) leaves the old ones. */
  async function refresh(podUid: string, signal: AbortSignal): Promise<undefined> {
    await inTurn(podUid, async () => {
      const one = held.get(podUid);
      if (one !== undefined) await prepare(one.pod, signal);
    });
  }

  function bundlesChanged(): void {
    for (const [podUid, { pod }] of held) {
      if (pod.spec.volumes?.some((volume) => payloadNeeds(volume).hasTrustBundles)) refresher.add(podUid);
    }
  }

  /** What the pod says of itself may be in its files. */
  function podChanged(now: Pod, before: Pod | undefined): void {
    const { uid = '' } = now.metadata;
    const one = held.get(uid);
    if (one === undefined) {
      if (before === undefined && isActive(now)) void adopt(now).catch(ignore);
      return;
    }
    const isSame = aboutOf(one.pod) === aboutOf(now);
    one.pod = now;
    if (!isSame) refresher.add(uid);
  }

  /** Takes a pod over that was prepared before a restart: its directory tells. */
  async function adopt(pod: Pod): Promise<void> {
    const podUid = checkedUid(pod);
    await inTurn(podUid, async () => {
      if (held.has(podUid)) return;
      await access(podDirectory(root, podUid));
      held.set(podUid, { pod, refreshAtMs: undefined });
      refresher.add(podUid);
    });
  }

  async function release(podUid: string, signal: AbortSignal): Promise<void> {
    if (!isSafeSegment(podUid)) throw new ReasonError('BadRequest', `Cannot release volumes of ${podUid}`);
    held.delete(podUid);
    objects.drop(podUid);
    tokens.drop(podUid);
    certificates.drop(podUid);
    await releaseImages(root, podUid, options, signal);
    await releaseDirectory(podDirectory(root, podUid), mounter, signal);
  }

  return {
    prepare: (pod, signal) => inTurn(checkedUid(pod), () => prepare(pod, signal)),
    release: (podUid, signal) => inTurn(podUid, () => release(podUid, signal)),
    subPath: (volume, subPath, signal) => bindSubPath(root, owned(volume), subPath, mounter, signal),
    async holders() {
      return await readdir(podsDirectory(root));
    },
    async run(signal) {
      using stop = new DisposableStack();
      stop.defer(objects.onChange((podUid) => refresher.add(podUid)));
      stop.defer(trustBundles.onChange(bundlesChanged));
      stop.defer(pods.onChange((now, before) => now !== undefined && podChanged(now, before)));
      await refresher.run(signal);
    },
  };
}

function owned(volume: PreparedVolume): Owned {
  if ('podUid' in volume && 'name' in volume) return volume as Owned;
  throw new TypeError('Cannot make a sub path of a volume that was not prepared here');
}

function checkedUid({ metadata: { uid = '' } }: Pod): string {
  if (!isSafeSegment(uid)) throw new ReasonError('BadRequest', `Cannot prepare volumes of a pod with uid "${uid}"`);
  return uid;
}

function isActive({ status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

function aboutOf({ metadata, spec }: Pod): string {
  return JSON.stringify([metadata.labels, metadata.annotations, spec]);
}

function ignore(): void {} // it was never prepared here: the pod worker will do it

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
