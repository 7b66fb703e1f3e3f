// How full the volumes of pods are: measured at most once in a while, as people ask for it.
import { stat } from 'node:fs/promises';
import type { Pod, Volume } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { boundVolume, claimNameOf } from '../volumes/claim.ts';
import { type Plugin, volumeDirectory } from '../volumes/paths.ts';
import { type FsUsage, fsUsage, usedBelow } from './files.ts';

export interface VolumeUsage extends FsUsage {
  readonly name: string;
  readonly atMs: number;
  /** It counts as the pod's storage on the node's own disk. */
  readonly isEphemeral?: true;
  readonly claim?: { readonly namespace: string; readonly name: string };
}

export interface VolumeUsageOptions {
  /** /var/lib/kubelet. */
  readonly rootDir: string;
  /** For how long a measure does: a minute unless told; negative: nothing is measured. */
  readonly freshMs?: number | undefined;
  readonly client: Client;
  readonly clock: Clock;
}

/** Claims alone cost little: what lies elsewhere may have to be counted file by file. */
export type Which = 'all' | 'claims';

export interface VolumeUsages {
  of(pod: Pod, which: Which, signal: AbortSignal): Promise<readonly VolumeUsage[]>;
  /** Forgets other pods than these. */
  keepOnly(uids: ReadonlySet<string>): void;
}

export function createVolumeUsage({ rootDir, client, clock, freshMs = 60_000 }: VolumeUsageOptions): VolumeUsages {
  const known = new Map<string, { readonly atMs: number; readonly volumes: readonly VolumeUsage[] }>(); // by pod uid and which; bounded by the pods here

  async function one(pod: Pod, volume: Volume, signal: AbortSignal): Promise<readonly VolumeUsage[]> {
    const { namespace = 'default', uid = '' } = pod.metadata;
    const atMs = clock.now();
    const claimName = claimNameOf(pod, volume);
    const plugin = pluginOf(volume);
    if (claimName !== undefined) {
      const path = (await boundVolume(pod, volume, claimName, client, signal)).spec.local?.path; // what fills a hostPath is the node's
      if (path === undefined) return [];
      return [{ name: volume.name, atMs, ...(await fsUsage(path)), claim: { namespace, name: claimName } }];
    }
    if (plugin === undefined) return [];
    const path = volumeDirectory(rootDir, uid, plugin, volume.name);
    const [whole, { dev }, outside] = [await fsUsage(path), await stat(path), await stat(rootDir)];
    // What has a file system of its own fills that; what has none is counted file by file.
    const isOwn = dev !== outside.dev;
    const kind = (plugin === 'empty-dir' || plugin === 'configmap') && !isOwn ? ({ isEphemeral: true } as const) : {};
    return [{ name: volume.name, atMs, ...whole, ...(isOwn ? {} : await usedBelow(path)), ...kind }];
  }

  return {
    async of(pod, which, signal) {
      if (freshMs < 0) return [];
      const key = `${pod.metadata.uid}/${which}`;
      const before = known.get(key);
      if (before !== undefined && clock.now() - before.atMs < freshMs) return before.volumes;
      const volumes: VolumeUsage[] = [];
      for (const volume of pod.spec.volumes ?? []) {
        if (which === 'claims' && claimNameOf(pod, volume) === undefined) continue;
        volumes.push(...(await one(pod, volume, signal).catch(() => []))); // not made yet, or gone
      }
      known.set(key, { atMs: clock.now(), volumes });
      return volumes;
    },
    keepOnly(uids) {
      for (const key of known.keys()) if (!uids.has(key.slice(0, key.lastIndexOf('/')))) known.delete(key);
    },
  };
}

function pluginOf({ emptyDir, configMap, secret, downwardAPI, projected }: Volume): Plugin | undefined {
  if (emptyDir) return 'empty-dir';
  if (configMap) return 'configmap';
  if (secret) return 'secret';
  if (downwardAPI) return 'downward-api';
  return projected ? 'projected' : undefined;
}
