// What files a configMap, secret, downwardAPI or projected volume shall hold. Pure: objects and tokens come as facts.
import type { ClusterTrustBundle } from '#lib/api/types/certificates.v1.ts';
import type {
  ConfigMap,
  KeyToPath,
  Pod,
  PodCertificateProjection,
  Secret,
  Volume,
  VolumeProjection,
} from '#lib/api/types/core.v1.ts';
import { type DownwardFacts, fieldValue, resourceValue } from '../pods/downward.ts';
import { trustAnchors } from './trust-anchors.ts';

export interface PayloadFile {
  readonly data: Uint8Array;
  readonly mode: number;
  /** Owner; root unless set. */
  readonly user?: number;
}
/** By path relative to the volume's root, without `..`. */
export type Payload = ReadonlyMap<string, PayloadFile>;

export interface PayloadFacts extends DownwardFacts {
  /** By name, in the pod's namespace. Who is not there does not exist. */
  readonly configMaps: ReadonlyMap<string, ConfigMap>;
  readonly secrets: ReadonlyMap<string, Secret>;
  /** By `tokenKey`. */
  readonly tokens: ReadonlyMap<string, string>;
  /** All of the cluster, if one is named. */
  readonly trustBundles: Iterable<ClusterTrustBundle>;
  /** By `certificateKey`. */
  readonly certificates: ReadonlyMap<string, { readonly key: string; readonly chain: string }>;
}

/** A token that a volume wants: its key is the same for the same wish. */
export interface TokenWish {
  readonly audience: string;
  readonly expirationSeconds: number;
}

export function tokenKey({ audience, expirationSeconds }: TokenWish): string {
  return `${expirationSeconds}/${audience}`;
}

/** The same for the same place in the volume: each has a key pair of its own. */
export function certificateKey(wish: PodCertificateProjection): string {
  return JSON.stringify([
    wish.signerName,
    wish.keyType,
    wish.credentialBundlePath,
    wish.keyPath,
    wish.certificateChainPath,
  ]);
}

/** What must be looked up before `planPayload`. */
export interface PayloadNeeds {
  readonly configMaps: readonly string[];
  readonly secrets: readonly string[];
  readonly tokens: readonly TokenWish[];
  readonly hasTrustBundles: boolean;
  readonly certificates: readonly PodCertificateProjection[];
}

export function payloadNeeds(volume: Volume): PayloadNeeds {
  const sources = sourcesOf(volume);
  return {
    configMaps: sources.flatMap(({ configMap }) => configMap?.name ?? []),
    secrets: sources.flatMap(({ secret }) => secret?.name ?? []),
    tokens: sources.flatMap(({ serviceAccountToken }) =>
      serviceAccountToken ? [wishOf(serviceAccountToken.audience, serviceAccountToken.expirationSeconds)] : [],
    ),
    hasTrustBundles: sources.some(({ clusterTrustBundle }) => clusterTrustBundle !== undefined),
    certificates: sources.flatMap(({ podCertificate }) => podCertificate ?? []),
  };
}

/**
 * The files of `volume`.
 * @throws {RangeError} in upstream's words: what is missing, or which path is none
 */
export function planPayload(volume: Volume, facts: PayloadFacts): Payload {
  const mode = defaultModeOf(volume);
  const files = new Map<string, PayloadFile>();
  for (const source of sourcesOf(volume)) {
    for (const [path, file] of filesOf(source, mode, facts)) {
      assertPath(path);
      files.set(path, file);
    }
  }
  return files;
}

/** Every such volume seen as a projected one: the rules for each source are the same. */
function sourcesOf(volume: Volume): readonly VolumeProjection[] {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) return [{ configMap }];
  if (secret) return [{ secret: { name: secret.secretName, items: secret.items, optional: secret.optional } }];
  if (downwardAPI) return [{ downwardAPI }];
  return projected?.sources ?? [];
}

function defaultModeOf({ configMap, secret, downwardAPI, projected }: Volume): number {
  return (configMap ?? secret ?? downwardAPI ?? projected)?.defaultMode ?? 0o644;
}

function* filesOf(
  { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate }: VolumeProjection,
  mode: number,
  facts: PayloadFacts,
): Generator<readonly [string, PayloadFile]> {
  if (configMap) {
    const found = lookUp('configmap', facts.configMaps, configMap);
    yield* pick(found && configMapData(found), configMap, mode, 'config');
  } else if (secret) {
    const found = lookUp('secret', facts.secrets, secret);
    yield* pick(found && binary(found.data), secret, mode, 'secret');
  } else if (downwardAPI) {
    for (const item of downwardAPI.items ?? []) {
      const text = item.fieldRef
        ? fieldValue(item.fieldRef.fieldPath, facts)
        : resourceValue(item.resourceFieldRef!, undefined, facts);
      yield [item.path, { data: encoder.encode(text), mode: item.mode ?? mode }];
    }
  } else if (serviceAccountToken) {
    const wish = wishOf(serviceAccountToken.audience, serviceAccountToken.expirationSeconds);
    const data = encoder.encode(facts.tokens.get(tokenKey(wish)) ?? '');
    yield [serviceAccountToken.path, tokenFile(data, mode, facts.pod)];
  } else if (clusterTrustBundle) {
    const data = encoder.encode(trustAnchors(facts.trustBundles, clusterTrustBundle));
    yield [clusterTrustBundle.path, tokenFile(data, mode, facts.pod, clusterTrustBundle.user)];
  } else if (podCertificate) {
    const { key, chain } = facts.certificates.get(certificateKey(podCertificate))!;
    const { credentialBundlePath, keyPath, certificateChainPath, user } = podCertificate;
    const file = (text: string) => tokenFile(encoder.encode(text), mode, facts.pod, user);
    if (credentialBundlePath) yield [credentialBundlePath, file(key + chain)];
    if (keyPath) yield [keyPath, file(key)];
    if (certificateChainPath) yield [certificateChainPath, file(chain)];
  }
}
const encoder = new TextEncoder();

/**
 * A token or key is for the user it names or the pod's one user, or for its group, alone; else it has the volume's mode.
 * Rule: KEP-1205 (bound service account tokens), "File Permission".
 */
function tokenFile(data: Uint8Array, mode: number, pod: Pod, own?: number): PayloadFile {
  const user = own ?? onlyUser(pod);
  if (user !== undefined) return { data, mode: 0o600, user };
  return { data, mode: pod.spec.securityContext?.fsGroup === undefined ? mode : 0o600 };
}

function onlyUser({ spec }: Pod): number | undefined {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const users = new Set(containers.map((c) => c.securityContext?.runAsUser ?? spec.securityContext?.runAsUser));
  return users.size === 1 ? [...users][0] : undefined;
}

function wishOf(audience = '', expirationSeconds = 3600): TokenWish {
  return { audience, expirationSeconds };
}

interface Selection {
  readonly name?: string | undefined;
  readonly items?: readonly KeyToPath[] | undefined;
  readonly optional?: boolean | undefined;
}

function lookUp<T>(
  resource: string,
  objects: ReadonlyMap<string, T>,
  { name = '', optional }: Selection,
): T | undefined {
  const object = objects.get(name);
  if (object === undefined && !optional) throw new RangeError(`${resource} "${name}" not found`);
  return object;
}

function* pick(
  data: ReadonlyMap<string, Uint8Array> | undefined,
  { items, optional }: Selection,
  mode: number,
  kind: string,
): Generator<readonly [string, PayloadFile]> {
  if (data === undefined) return;
  if (!items?.length) {
    for (const [key, value] of data) yield [key, { data: value, mode }];
    return;
  }
  for (const item of items) {
    const value = data.get(item.key);
    if (value !== undefined) yield [item.path, { data: value, mode: item.mode ?? mode }];
    else if (!optional) throw new RangeError(`references non-existent ${kind} key: ${item.key}`);
  }
}

function configMapData({ data = {}, binaryData }: ConfigMap): ReadonlyMap<string, Uint8Array> {
  const texts = Object.entries(data).map(([key, value]) => [key, encoder.encode(value)] as const);
  return new Map([...texts, ...binary(binaryData)]);
}

function binary(data: Readonly<Record<string, string>> = {}): Map<string, Uint8Array> {
  return new Map(Object.entries(data).map(([key, value]) => [key, Uint8Array.fromBase64(value)]));
}

function assertPath(path: string): void {
  const segments = path.split('/');
  const isBad =
    path === '' ||
    path.startsWith('/') ||
    path.length > 4096 ||
    path.startsWith('..') ||
    segments.some((segment) => segment === '..' || segment === '' || segment.length > 255);
  if (isBad) throw new RangeError(`invalid path: ${JSON.stringify(path)}`);
}
