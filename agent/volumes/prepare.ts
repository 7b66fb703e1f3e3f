import { chmod, mkdir, statfs } from 'node:fs/promises';
import type { ConfigMap, Pod, Secret, Volume } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import type { PodObjects } from '../objects.ts';
import type { DownwardFacts } from '../pods/downward.ts';
import { writeAtomically } from './atomic-writer.ts';
import { boundVolume, claimNameOf } from './claim.ts';
import { prepareEmptyDir } from './empty-dir.ts';
import { prepareHostPath } from './host-path.ts';
import { type ImageVolumeTools, prepareImage } from './image.ts';
import { memorySize } from './memory-size.ts';
import { grantGroup } from './ownership.ts';
import { type Plugin, volumeDirectory } from './paths.ts';
import { certificateKey, payloadNeeds, planPayload, tokenKey } from './payload.ts';
import type { PodCertificate, PodCertificates } from './pod-certificates.ts';
import type { Tokens } from './tokens.ts';
import type { TrustBundles } from './trust-bundles.ts';
import type { PreparedVolume } from './volumes.ts';

export interface PrepareOptions extends ImageVolumeTools {
  /** Kubelet's directory, without links: /var/lib/kubelet. */
  readonly root: string;
  readonly objects: PodObjects;
  readonly tokens: Tokens;
  readonly trustBundles: TrustBundles;
  readonly certificates: PodCertificates;
  readonly client: Client;
  /** What the downward API says of the node and of the pod beyond its object. */
  readonly factsOf: (pod: Pod) => DownwardFacts;
  readonly clock: Clock;
}

export interface Prepared extends PreparedVolume {
  /** When to prepare it again even if nothing changed: its token grows old. */
  readonly refreshAtMs?: number;
}

/** Makes one volume of `pod` ready. @throws {ReasonError} why it cannot be, in upstream's words without the volume's name */
export async function prepareVolume(
  pod: Pod,
  volume: Volume,
  options: PrepareOptions,
  signal: AbortSignal,
): Promise<Prepared> {
  const plugin = payloadPlugin(volume);
  if (plugin !== undefined) return await preparePayload(pod, volume, plugin, options, signal);
  if (volume.hostPath) {
    await prepareHostPath(volume.hostPath);
    return { hostPath: volume.hostPath.path };
  }
  const claimName = claimNameOf(pod, volume);
  if (claimName !== undefined) return await prepareClaim(pod, volume, claimName, options, signal);
  if (volume.emptyDir) {
    const { root, mounter, factsOf } = options;
    const hostPath = volumeDirectory(root, uidOf(pod), 'empty-dir', volume.name);
    const memoryBytes = memorySize(pod, factsOf(pod).allocatable, volume.emptyDir.sizeLimit);
    await prepareEmptyDir(hostPath, volume.emptyDir, { fsGroup: fsGroupOf(pod), memoryBytes }, mounter, signal);
    return { hostPath };
  }
  if (volume.image) {
    const hostPath = await prepareImage(options.root, pod, volume.name, volume.image, options, signal);
    const { type } = await statfs(hostPath);
    return { hostPath, isReadOnly: true, isUnmappable: type === overlay };
  }
  // Here CSI will find its place, and what in-tree drivers once did is CSI's today.
  throw new ReasonError('Invalid', 'no volume plugin matched');
}

const overlay = 0x794c7630; // several layers of an image: Linux maps what they are made of, but not the whole

function payloadPlugin({ configMap, secret, downwardAPI, projected }: Volume): Plugin | undefined {
  if (configMap) return 'configmap';
  if (secret) return 'secret';
  if (downwardAPI) return 'downward-api';
  return projected ? 'projected' : undefined;
}

/** ConfigMaps lie on disk; the rest in memory, as it may be secret. */
async function preparePayload(
  pod: Pod,
  volume: Volume,
  plugin: Plugin,
  options: PrepareOptions,
  signal: AbortSignal,
): Promise<Prepared> {
  const { root, mounter, factsOf, clock } = options;
  const { facts, refreshAtMs } = await gather(pod, volume, options, signal);
  const payload = orReason(() => planPayload(volume, { ...factsOf(pod), ...facts }));
  const hostPath = volumeDirectory(root, uidOf(pod), plugin, volume.name);
  const medium = plugin === 'configmap' ? '' : 'Memory';
  const memoryBytes = memorySize(pod, factsOf(pod).allocatable, undefined);
  const fsGroup = fsGroupOf(pod);
  await prepareEmptyDir(hostPath, { medium }, { memoryBytes }, mounter, signal);
  await writeAtomically(hostPath, payload, { fsGroup, nowMs: clock.now() });
  if (fsGroup !== undefined) await grantGroup(hostPath, fsGroup, { isReadOnly: true, onlyOnMismatch: true });
  return { hostPath, isReadOnly: true, ...(refreshAtMs === undefined ? {} : { refreshAtMs }) };
}

async function gather(pod: Pod, volume: Volume, options: PrepareOptions, signal: AbortSignal) {
  const { objects, tokens, trustBundles, certificates } = options;
  const { namespace = 'default' } = pod.metadata;
  const needs = payloadNeeds(volume);
  const configMaps = new Map<string, ConfigMap>();
  const secrets = new Map<string, Secret>();
  const found = new Map<string, string>();
  let refreshAtMs: number | undefined;
  for (const name of needs.configMaps) {
    const object = await objects.configMap(namespace, name, signal);
    if (object !== undefined) configMaps.set(name, object);
  }
  for (const name of needs.secrets) {
    const object = await objects.secret(namespace, name, signal);
    if (object !== undefined) secrets.set(name, object);
  }
  for (const wish of needs.tokens) {
    const fresh = await tokens.get(pod, wish, signal);
    found.set(tokenKey(wish), fresh.token);
    refreshAtMs = Math.min(refreshAtMs ?? Number.POSITIVE_INFINITY, fresh.refreshAtMs);
  }
  const keys = new Map<string, PodCertificate>();
  for (const wish of needs.certificates) {
    const fresh = await certificates.get(pod, wish, signal);
    keys.set(certificateKey(wish), fresh);
    refreshAtMs = Math.min(refreshAtMs ?? Number.POSITIVE_INFINITY, fresh.refreshAtMs);
  }
  const bundles = needs.hasTrustBundles ? await trustBundles.list(signal) : [];
  return { facts: { configMaps, secrets, tokens: found, trustBundles: bundles, certificates: keys }, refreshAtMs };
}

async function prepareClaim(
  pod: Pod,
  volume: Volume,
  claimName: string,
  { client }: PrepareOptions,
  signal: AbortSignal,
): Promise<Prepared> {
  const { spec } = await boundVolume(pod, volume, claimName, client, signal);
  const isReadOnly = volume.persistentVolumeClaim?.readOnly ?? false;
  if (spec.hostPath) {
    await prepareHostPath(spec.hostPath);
    return { hostPath: spec.hostPath.path, isReadOnly };
  }
  if (spec.local) {
    await prepareHostPath({ path: spec.local.path, type: 'Directory' });
    const fsGroup = fsGroupOf(pod);
    const onlyOnMismatch = pod.spec.securityContext?.fsGroupChangePolicy === 'OnRootMismatch';
    if (fsGroup !== undefined && !isReadOnly) await grantGroup(spec.local.path, fsGroup, { onlyOnMismatch });
    return { hostPath: spec.local.path, isReadOnly };
  }
  throw new ReasonError('Invalid', 'no volume plugin matched');
}

/** Makes the directory that all of a pod's volumes lie in. */
export async function makePodDirectory(directory: string): Promise<void> {
  await mkdir(`${directory}/volumes`, { recursive: true, mode: 0o750 });
  await chmod(directory, 0o750);
}

function orReason<T>(plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (error instanceof RangeError) throw new ReasonError('NotFound', error.message, { cause: error });
    throw error;
  }
}

function fsGroupOf({ spec }: Pod): number | undefined {
  return spec.securityContext?.fsGroup;
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? '';
}
