import type { Images } from '#cri/runtime.ts';
import type { Pod, Secret } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { PodObjects } from '../objects.ts';
import type { RecordPod } from '../pods/record.ts';
import type { Provide } from './providers.ts';
import { createPullRate, type PullRate } from './pull-rate.ts';
import type { PulledImages } from './pulled-images.ts';
import { createPuller, type Puller } from './puller.ts';

export interface NodePullerOptions {
  readonly images: Images;
  readonly objects: Pick<PodObjects, 'secret'>;
  readonly record: RecordPod;
  /** How many may run at once. */
  readonly parallelPulls?: number | undefined;
  /** How many may begin; as many as are asked for unless told. */
  readonly pullRate?: PullRate | undefined;
  readonly pulled: PulledImages;
  readonly provide?: Provide | undefined;
  readonly clock: Clock;
}

/** Pulls for the pods of this node, with their own secrets, and tells of it in Events. */
export function createNodePuller({
  images,
  objects,
  record,
  parallelPulls,
  pullRate,
  pulled,
  provide,
  clock,
}: NodePullerOptions): Puller {
  return createPuller({
    images,
    secretsOf: (pod, signal) => pullSecrets(pod, { objects, record }, signal),
    record: (pod, { name }, type, reason, message) =>
      record(pod, type, reason, message, name === undefined ? undefined : { name }),
    clock,
    pulled,
    provide,
    ...(parallelPulls === undefined ? {} : { parallel: parallelPulls }),
    ...(pullRate === undefined ? {} : { begin: createPullRate(pullRate, clock) }),
  });
}

/** Those that can be had: users are told of the others, and that the image may not come. */
async function pullSecrets(
  pod: Pod,
  { objects, record }: Pick<NodePullerOptions, 'objects' | 'record'>,
  signal: AbortSignal,
): Promise<readonly Secret[]> {
  const namespace = pod.metadata.namespace ?? 'default';
  const names = (pod.spec.imagePullSecrets ?? []).flatMap(({ name }) => name || []);
  const found = await Promise.all(
    names.map((name) =>
      objects.secret(namespace, name, signal).catch(() => {
        signal.throwIfAborted();
        return undefined;
      }),
    ),
  );
  const missing = names.filter((_, at) => found[at] === undefined);
  if (missing.length > 0) {
    const words = `Unable to retrieve some image pull secrets (${missing.join(', ')})`;
    const rest = 'attempting to pull the image may not succeed.';
    record(pod, 'Warning', 'FailedToRetrieveImagePullSecret', `${words}; ${rest}`);
  }
  return found.filter((secret) => secret !== undefined);
}
