import type { SandboxConfig } from '#cri/config.ts';
import type { Image, Images } from '#cri/runtime.ts';
import type { Container, Pod, Secret } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import { createLimit } from '../limit.ts';
import { StartError } from '../pods/start-error.ts';
import type { UsedSecret } from './access.ts';
import { type Credential, credentialsFor } from './credentials.ts';
import { isImageName } from './name.ts';
import type { Provide } from './providers.ts';
import type { PulledImages } from './pulled-images.ts';
import { createShared } from './shared.ts';

/** Sees to it that a container's image is on the node. */
export interface Puller {
  /** @throws {StartError} with the reason that users see */
  ensure(pod: Pod, container: Pulling, sandbox: SandboxConfig | undefined, signal: AbortSignal): Promise<Image>;
  /** Asks the runtime for the image already, as the container will start soon: `ensure` then knows that it is there. */
  foresee(container: Pulling, signal: AbortSignal): void;
  /** Forgets the back-off of a pod that is gone. */
  drop(podUid: string): void;
}

/** A container, or what is pulled in the way of one: an image volume. */
export type Pulling = Pick<Container, 'image' | 'imagePullPolicy'> & { readonly name?: string };

export interface PullerOptions {
  readonly images: Images;
  /** The pod's pull secrets. */
  secretsOf(pod: Pod, signal: AbortSignal): Promise<readonly Secret[]>;
  record(pod: Pod, pulling: Pulling, type: 'Normal' | 'Warning', reason: string, message: string): void;
  readonly clock: Clock;
  /** How many pulls may run at once. */
  readonly parallel?: number;
  /** Called as a pull begins. @throws {Error} if there were too many lately */
  begin?(): void;
  /** What the node itself can show registries. */
  provide?: Provide | undefined;
  /** Who may use images that are here; everybody unless told. */
  readonly pulled?: PulledImages;
}

/** What a pull brought, and with whose secret; `undefined` without any. */
interface Came {
  readonly found: Image;
  readonly secret: UsedSecret | undefined;
}

interface Failure {
  readonly delayMs: number;
  readonly atMs: number;
  readonly message: string;
}

/** Rule: "Images", "Image pull policy" and "ImagePullBackOff": 10 s, doubling up to 5 min. */
export function createPuller({
  images,
  secretsOf,
  record,
  clock,
  parallel = 4,
  begin,
  pulled,
  provide,
}: PullerOptions): Puller {
  const failures = new Map<string, Failure>(); // by pod uid and image; dropped with the pod
  const together = createShared<Came>(); // one pull of an image at a time, whoever asks
  const limit = createLimit(parallel);
  const seen = new Map<string, { readonly atMs: number; readonly image: Image }>(); // bounded by the images of a moment

  function foresee({ image = '', imagePullPolicy }: Pulling, signal: AbortSignal): void {
    if (imagePullPolicy === 'Always' || !isImageName(image)) return;
    for (const [name, { atMs }] of seen) if (clock.now() - atMs > freshMs) seen.delete(name);
    if (seen.has(image)) return;
    images.imageStatus(image, signal).then(
      (found) => found && seen.set(image, { atMs: clock.now(), image: found }),
      () => {}, // `ensure` will ask again, and tell
    );
  }

  async function present(image: string, signal: AbortSignal): Promise<Image | undefined> {
    const known = seen.get(image);
    if (known !== undefined && clock.now() - known.atMs <= freshMs) return known.image;
    return await images.imageStatus(image, signal);
  }

  async function ensure(
    pod: Pod,
    container: Pulling,
    sandbox: SandboxConfig | undefined,
    signal: AbortSignal,
  ): Promise<Image> {
    const { image = '', imagePullPolicy: policy = 'IfNotPresent' } = container;
    const tell = (type: 'Normal' | 'Warning', reason: string, message: string) =>
      record(pod, container, type, reason, message);
    if (!isImageName(image)) {
      const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
      tell('Warning', 'InspectFailed', message);
      tell('Warning', 'Failed', 'Error: InvalidImageName');
      throw new StartError('InvalidImageName', message, 60_000);
    }
    const found = policy === 'Always' ? undefined : await present(image, signal);
    if (found !== undefined && (await mayUse(pod, image, found, signal))) {
      tell('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`);
      return found;
    }
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      tell('Warning', 'ErrImageNeverPull', message);
      tell('Warning', 'Failed', 'Error: ErrImageNeverPull');
      throw new StartError('ErrImageNeverPull', message, 10_000);
    }
    const key = `${pod.metadata.uid}/${image}`;
    const failed = failures.get(key);
    const waitMs = failed === undefined ? 0 : failed.atMs + failed.delayMs - clock.now();
    if (failed !== undefined && waitMs > 0) {
      tell('Normal', 'BackOff', `Back-off pulling image "${image}"`);
      tell('Warning', 'Failed', 'Error: ImagePullBackOff');
      const message = `Back-off pulling image "${image}": ErrImagePull: ${failed.message}`;
      throw new StartError('ImagePullBackOff', message, waitMs);
    }
    try {
      const pulled = await pull(pod, container, sandbox, tell, signal);
      failures.delete(key);
      return pulled;
    } catch (error) {
      signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      const isLongAgo = failed !== undefined && clock.now() - failed.atMs > 2 * mostMs;
      const delayMs = failed === undefined || isLongAgo ? firstMs : Math.min(failed.delayMs * 2, mostMs);
      failures.set(key, { delayMs, atMs: clock.now(), message });
      tell('Warning', 'Failed', `Failed to pull image "${image}": ${message}`);
      tell('Warning', 'Failed', 'Error: ErrImagePull');
      throw new StartError('ErrImagePull', message, seenMs, { cause: error });
    }
  }

  async function mayUse(pod: Pod, image: string, found: Image, signal: AbortSignal): Promise<boolean> {
    if (pulled === undefined || pulled.mayUse(image, found, [])) return true; // most are everybody's: no secret is read
    const own = credentialsFor(image, await secretsOf(pod, signal)).flatMap(({ secret }) => secret ?? []);
    return pulled.mayUse(image, found, own);
  }

  async function pull(
    pod: Pod,
    { image = '' }: Pulling,
    sandbox: SandboxConfig | undefined,
    tell: (type: 'Normal' | 'Warning', reason: string, message: string) => void,
    signal: AbortSignal,
  ): Promise<Image> {
    const askedAtMs = clock.now();
    const ofNode = ((await provide?.(image, signal)) ?? []).map((auth): Credential => ({ auth }));
    const credentials = [...credentialsFor(image, await secretsOf(pod, signal)), ...ofNode];
    tell('Normal', 'Pulling', `Pulling image "${image}"`);
    let beganAtMs = askedAtMs;
    const key = JSON.stringify([image, credentials]);
    const one = (life: AbortSignal) =>
      limit(async () => {
        beganAtMs = clock.now();
        return await noted(
          image,
          credentials.some(({ secret }) => secret !== undefined),
          () => pullWith(image, credentials, sandbox, life),
          life,
        );
      }, life);
    const { found } = await together(key, one, signal);
    const took = seconds(clock.now() - beganAtMs);
    const waited = seconds(clock.now() - askedAtMs);
    const size = `Image size: ${found.sizeBytes} bytes.`;
    tell('Normal', 'Pulled', `Successfully pulled image "${image}" in ${took} (${waited} including waiting). ${size}`);
    return found;
  }

  /** Remembers who may use what comes. */
  async function noted(image: string, isSecret: boolean, run: () => Promise<Came>, signal: AbortSignal): Promise<Came> {
    await pulled?.begin(image);
    try {
      const came = await run();
      await pulled?.came(image, came.found.id, came.secret);
      return came;
    } catch (error) {
      // The runtime may go on with one that was given up: what comes of it is not for everybody.
      if (!signal.aborted || !isSecret) await pulled?.failed(image);
      throw error;
    }
  }

  /** Tries each of the credentials; without any, as nobody. */
  async function pullWith(
    image: string,
    credentials: readonly Credential[],
    sandbox: SandboxConfig | undefined,
    signal: AbortSignal,
  ): Promise<Came> {
    begin?.();
    let failure: unknown;
    for (const credential of credentials.length === 0 ? [undefined] : credentials) {
      try {
        const reference = await images.pull(image, credential?.auth, sandbox, signal);
        const found = (await images.imageStatus(reference, signal)) ?? (await images.imageStatus(image, signal));
        if (found === undefined) throw new Error(`image "${image}" is gone right after it was pulled`);
        return { found, secret: credential?.secret };
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  }

  return {
    ensure,
    foresee,
    drop(podUid) {
      for (const key of failures.keys()) if (key.startsWith(`${podUid}/`)) failures.delete(key);
    },
  };
}
const freshMs = 1_000;
const firstMs = 10_000;
const mostMs = 300_000;
const seenMs = 1_000; // ErrImagePull is to be seen before it turns into ImagePullBackOff

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(3)}s`;
}
