// Programs of a cloud that know how to pull from its registries. Rule: "Configure a kubelet image credential provider".
import { load } from 'js-yaml';
import type { RegistryAuth } from '#cri/runtime.ts';
import { parseDuration } from '#lib/api/json/duration.ts';
import type { Clock } from '#lib/clock.ts';
import type { Exec } from '#lib/exec.ts';
import type { Log } from '#lib/log.ts';
import { isRegistryOf } from './credentials.ts';
import { splitImageName } from './name.ts';

export interface Provider {
  readonly name: string;
  readonly matchImages: readonly string[];
  readonly cacheMs: number;
  /** Of what is asked and answered. */
  readonly apiVersion: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A CredentialProviderConfig. @throws {Error} that names what is wrong with it */
export function readProviders(text: string): readonly Provider[] {
  const config = (load(text) ?? {}) as { readonly kind?: string; readonly providers?: readonly Given[] };
  if (config.kind !== 'CredentialProviderConfig')
    throw new Error(`it is a ${config.kind}, not a CredentialProviderConfig`);
  const providers = (config.providers ?? []).map(providerOf);
  if (providers.length === 0) throw new Error('at least 1 item in providers is required');
  const names = providers.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`provider name "${twice}" is given twice`);
  return providers;
}

interface Given {
  readonly name?: string;
  readonly matchImages?: readonly string[];
  readonly defaultCacheDuration?: string;
  readonly apiVersion?: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly tokenAttributes?: unknown;
}

function providerOf(given: Given): Provider {
  const { name = '', matchImages = [], defaultCacheDuration, apiVersion = '', args = [], env = [] } = given;
  if (!/^[^/\s]+$/.test(name) || name === '.' || name === '..') throw new Error(`"${name}" is no name of a provider`);
  if (matchImages.length === 0) throw new Error(`provider ${name}: at least 1 item in matchImages is required`);
  if (defaultCacheDuration === undefined) throw new Error(`provider ${name}: defaultCacheDuration is required`);
  if (!versions.has(apiVersion)) throw new Error(`provider ${name}: apiVersion "${apiVersion}" is not supported`);
  if (given.tokenAttributes !== undefined) throw new Error(`provider ${name}: tokenAttributes are not supported`);
  return {
    name,
    matchImages,
    cacheMs: milliseconds(defaultCacheDuration),
    apiVersion,
    args,
    env: Object.fromEntries(env.map((one) => [one.name, one.value])),
  };
}
const group = 'credentialprovider.kubelet.k8s.io';
const versions: ReadonlySet<string> = new Set([`${group}/v1`, `${group}/v1beta1`, `${group}/v1alpha1`]);

/** What the providers say of an image, in their order. What one of them cannot say is missing. */
export type Provide = (image: string, signal: AbortSignal) => Promise<readonly RegistryAuth[]>;

export interface ProvideOptions {
  readonly providers: readonly Provider[];
  /** Where their programs are. */
  readonly folder: string;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
}

type Auths = Readonly<Record<string, { readonly username: string; readonly password: string }>>;

interface Answer {
  readonly kind?: string;
  readonly cacheKeyType?: 'Image' | 'Registry' | 'Global';
  readonly cacheDuration?: string;
  readonly auth?: Auths | null;
}

export function createProvide({ providers, folder, exec, clock, log }: ProvideOptions): Provide {
  const cache = new Map<string, { readonly untilMs: number; readonly auths: Auths }>(); // at most `mostCached`

  async function ask(provider: Provider, image: string, signal: AbortSignal): Promise<Auths> {
    const { registry } = splitImageName(image);
    const keys = [`Image ${image}`, `Registry ${registry}`, 'Global'].map((key) => `${provider.name} ${key}`);
    for (const key of keys) {
      const known = cache.get(key);
      if (known !== undefined && clock.now() < known.untilMs) return known.auths;
    }
    const { name, args, env, apiVersion, cacheMs } = provider;
    const input = JSON.stringify({ kind: 'CredentialProviderRequest', apiVersion, image });
    const { stdout } = await exec(`${folder}/${name}`, args, signal, { input, env, timeoutMs: patienceMs });
    const { kind, cacheKeyType, cacheDuration, auth } = JSON.parse(stdout) as Answer;
    if (kind !== 'CredentialProviderResponse') throw new Error(`it answered with a ${kind}`);
    const key = keys[['Image', 'Registry', 'Global'].indexOf(cacheKeyType ?? '')];
    if (key === undefined) throw new Error(`it answered with the cacheKeyType ${cacheKeyType}`);
    const lifeMs = cacheDuration === undefined ? cacheMs : milliseconds(cacheDuration);
    const auths = auth ?? {};
    if (lifeMs > 0) cache.set(key, { untilMs: clock.now() + lifeMs, auths });
    const [oldest] = cache.keys();
    if (cache.size > mostCached && oldest !== undefined) cache.delete(oldest);
    return auths;
  }

  return async (image, signal) => {
    const found: RegistryAuth[] = [];
    for (const provider of providers) {
      if (!provider.matchImages.some((pattern) => isRegistryOf(pattern, image))) continue;
      try {
        const auths = Object.entries(await ask(provider, image, signal));
        const mine = auths.filter(([pattern]) => isRegistryOf(pattern, image));
        found.push(
          ...mine.sort(([a], [b]) => b.length - a.length).map(([, { username, password }]) => ({ username, password })),
        );
      } catch (error) {
        signal.throwIfAborted();
        log.warn('A credential provider failed', { provider: provider.name, image, err: error });
      }
    }
    return found;
  };
}
const patienceMs = 60_000;
const mostCached = 1024;

function milliseconds(duration: string): number {
  return Number(parseDuration(duration) / 1_000_000n);
}
