// Where the scenarios of volumes run.
import { ok } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigMap, ImageVolumeSource, Pod, Secret, Volume } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Listener } from '#lib/client/informer.ts';
import { createClock } from '#lib/clock.ts';
import { exec } from '#lib/exec.ts';
import { createSilentLog } from '#lib/log.ts';
import type { PodObjects } from '../objects.ts';
import { StartError } from '../pods/start-error.ts';
import { createVolumes } from './create-volumes.ts';
import { createMounter } from './mounter.ts';

const { signal } = new AbortController();

/** Volumes with objects at hand instead of an API, below a directory of their own. */
export async function createLab() {
  ok(process.getuid?.() === 0, 'Run as root: these are real mounts');
  const root = await mkdtemp(join(tmpdir(), 'skiff-volumes-'));
  const configMaps = new Map<string, ConfigMap>();
  const secrets = new Map<string, Secret>();
  let listener = (_podUid: string): void => {};
  let podListener: Listener<Pod> = () => {};
  const known = new Map<string, Pod>();
  const images = new Map<string, string>(); // by reference: the directory that holds its content
  const views = new Set<string>();
  const objects: PodObjects = {
    use() {},
    drop() {},
    configMap: async (_namespace, name) => configMaps.get(name),
    secret: async (_namespace, name) => secrets.get(name),
    onChange(heard) {
      listener = heard;
      return () => {};
    },
  };
  const options = {
    root,
    objects,
    tokens: { get: async () => ({ token: 'token', refreshAtMs: Number.MAX_SAFE_INTEGER }), drop() {} },
    trustBundles: { list: async () => [], onChange: () => () => {} },
    certificates: { get: () => Promise.reject(new Error('No scenario here has a certificate')), drop() {} },
    client: undefined as unknown as Client, // no scenario here has a claim
    mounter: createMounter(),
    views: {
      async open(key: string, image: string) {
        views.add(key);
        return [{ type: 'bind', source: images.get(image)!, options: ['ro', 'rbind'] }];
      },
      async close(key: string) {
        views.delete(key);
      },
    },
    async pullImage(_pod: Pod, { reference: id = '' }: ImageVolumeSource) {
      if (!images.has(id)) throw new StartError('ErrImagePull', 'not found', 1_000);
      return { id, repoTags: [], repoDigests: [], sizeBytes: 0, username: '', isPinned: false };
    },
    factsOf: (one: Pod) => ({ pod: one, podIPs: [], hostIPs: [], allocatable: {} }),
    pods: {
      onChange(heard: Listener<Pod>) {
        podListener = heard;
        for (const [key, one] of known) heard(one, undefined, key);
        return () => {};
      },
    },
    clock: createClock(),
    log: createSilentLog(),
  };
  const volumes = await createVolumes(options);
  return {
    root,
    configMaps,
    secrets,
    images,
    views,
    volumes,
    changed: (podUid: string) => listener(podUid),
    podChanged(now: Pod) {
      const before = known.get('web-0');
      known.set('web-0', now);
      podListener(now, before, 'web-0');
    },
    restarted: () => createVolumes(options),
    async end() {
      for (const podUid of await volumes.holders(signal)) await volumes.release(podUid, signal);
      await rm(root, { recursive: true });
    },
  };
}

export function pod(volumes: readonly Volume[], securityContext: object = {}): Pod {
  return {
    metadata: { name: 'web-0', namespace: 'shop', uid: 'u-1' },
    spec: { containers: [], volumes, securityContext },
    status: {},
  } as unknown as Pod;
}

export async function fileSystemOf(path: string): Promise<string> {
  return (await exec('stat', ['-f', '-c', '%T', path], signal)).stdout.trim();
}

export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await isSo()) return;
    await createClock().sleep(10, signal);
  }
  throw new Error('Waited in vain');
}
