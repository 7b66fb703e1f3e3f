import { failure } from '#lib/api/status.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import { containerNamed } from '../pods/containers.ts';
import { findContainers, findPod } from './find.ts';
import type { KubeletServerOptions } from './options.ts';
import type { PodName } from './routes.ts';

/**
 * Has the runtime write all that a container is into an archive below the node's folder; returns its path.
 * Rule: "Kubelet Checkpoint API".
 * @throws {StatusError} NotFound for what is not here; InternalError with the runtime's words, also if it cannot do this at all
 */
export async function checkpoint(
  podName: PodName,
  name: string,
  query: URLSearchParams,
  options: Pick<KubeletServerOptions, 'pods' | 'runtime' | 'rootDir' | 'clock'>,
  signal: AbortSignal,
): Promise<string> {
  const { runtime, clock, rootDir = '/var/lib/kubelet' } = options;
  const pod = findPod(podName, options);
  if (containerNamed(pod, name) === undefined) throw failure('NotFound', `container ${name} does not exist`);
  const asked = query.getAll('timeout').at(-1);
  if (asked !== undefined && !/^[+-]?\d+$/.test(asked))
    throw failure('NotFound', 'cannot parse value of timeout parameter');
  const { namespace } = podName;
  const fail = (words: string) =>
    failure('InternalError', `checkpointing of ${namespace}/${podName.name}/${name} failed (${words})`);
  const seconds = Number(asked ?? 0);
  if (seconds < 0) throw fail('CheckpointContainer requires the timeout value to be > 0');
  const [newest] = await findContainers(pod, name, options, signal);
  if (newest === undefined) throw fail(`container ${name} not found`);
  const file = `checkpoint-${podName.name}_${namespace}-${name}-${timestamp(clock.now())}.tar`;
  const location = `${rootDir}/checkpoints/${file}`;
  await runtime.checkpoint(newest.id, location, seconds, signal).catch((error: unknown) => {
    throw fail(error instanceof Error ? error.message : String(error));
  });
  return location;
}
