import { createHash } from 'node:crypto';
import type { RegistryAuth } from '#cri/runtime.ts';
import type { Secret } from '#lib/api/types/core.v1.ts';
import type { UsedSecret } from './access.ts';
import { splitImageName } from './name.ts';

/** What to show a registry, and the secret that says so. */
export interface Credential {
  readonly auth: RegistryAuth;
  /** Absent: they are the node's, and all of its pods may use what they bring. */
  readonly secret?: UsedSecret;
}

/**
 * What pull secrets say of the registry of `image`, the most specific path first; empty if nothing.
 * Rule: "Pull an Image from a Private Registry"; keys of `auths` may be hosts with a `*` in a label, with a path, or URLs.
 */
export function credentialsFor(image: string, secrets: readonly Secret[]): readonly Credential[] {
  const { registry, path } = splitImageName(image);
  const found: { readonly key: string; readonly credential: Credential }[] = [];
  for (const secret of secrets) {
    for (const [key, entry] of Object.entries(authsOf(secret))) {
      const place = key
        .replace(/^https?:\/\//, '')
        .replace(/\/v[12]\/?$/, '')
        .replace(/\/$/, '');
      if (matches(place, registry, path)) found.push({ key: place, credential: credentialOf(secret, entry) });
    }
  }
  return found.sort((a, b) => b.key.length - a.key.length).map(({ credential }) => credential);
}

function credentialOf({ metadata: { uid = '', namespace = '', name } }: Secret, entry: Entry): Credential {
  const auth = authOf(entry);
  const credentialHash = createHash('sha256').update(JSON.stringify(auth)).digest('hex');
  return { auth, secret: { uid, namespace, name, credentialHash } };
}

type Entry = Readonly<Record<'username' | 'password' | 'auth' | 'identitytoken' | 'registrytoken', string | undefined>>;

/** What cannot be read says nothing. */
function authsOf({ type, data }: Secret): Readonly<Record<string, Entry>> {
  const isNew = type === 'kubernetes.io/dockerconfigjson';
  const text = data?.[isNew ? '.dockerconfigjson' : '.dockercfg'];
  if (text === undefined) return {};
  try {
    const parsed = JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(text)));
    return (isNew ? parsed.auths : parsed) ?? {};
  } catch {
    return {};
  }
}

/** Whether an image is of the registry, and below the path, that a pattern such as `*.example:5000/team` names. */
export function isRegistryOf(pattern: string, image: string): boolean {
  const { registry, path } = splitImageName(image);
  return matches(pattern.replace(/^https?:\/\//, '').replace(/\/$/, ''), registry, path);
}

function matches(place: string, registry: string, path: string): boolean {
  const slash = place.indexOf('/');
  const host = slash === -1 ? place : place.slice(0, slash);
  const prefix = slash === -1 ? '' : place.slice(slash + 1);
  if (prefix !== '' && path !== prefix && !path.startsWith(`${prefix}/`)) return false;
  const names = registry === 'docker.io' ? ['docker.io', 'index.docker.io', 'registry-1.docker.io'] : [registry];
  return names.some((name) => isSameHost(host, name));
}

function isSameHost(pattern: string, host: string): boolean {
  const [name = '', port] = pattern.split(':');
  const [otherName = '', otherPort] = host.split(':');
  const labels = name.split('.');
  const others = otherName.split('.');
  if (port !== otherPort || labels.length !== others.length) return false;
  return labels.every((label, at) =>
    new RegExp(`^${label.replace(/[^*\w-]/g, '').replaceAll('*', '.*')}$`).test(others[at]!),
  );
}

/** No server address: the runtime would keep the credentials from a mirror of the registry. So does the kubelet. */
function authOf({ username, password, auth, identitytoken, registrytoken }: Entry): RegistryAuth {
  const [user, ...rest] = auth === undefined ? [] : atob(auth).split(':');
  const name = username ?? user;
  const secret = password ?? (rest.length > 0 ? rest.join(':') : undefined);
  return {
    ...(name === undefined ? {} : { username: name }),
    ...(secret === undefined ? {} : { password: secret }),
    ...(identitytoken === undefined ? {} : { identityToken: identitytoken }),
    ...(registrytoken === undefined ? {} : { registryToken: registrytoken }),
  };
}
