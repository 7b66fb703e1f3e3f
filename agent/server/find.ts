import type { Container } from '#cri/runtime.ts';
import { failure } from '#lib/api/status.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { containerNameLabel, podUidLabel } from '../pods/annotations.ts';
import { containerNamed } from '../pods/containers.ts';
import type { KubeletServerOptions } from './options.ts';
import type { PodName } from './routes.ts';

/** @throws {StatusError} NotFound if no such pod is here */
export function findPod({ namespace, name, uid }: PodName, { pods }: Pick<KubeletServerOptions, 'pods'>): Pod {
  const pod = pods.get(`${namespace}/${name}`);
  if (pod === undefined || (uid !== '' && uid !== pod.metadata.uid)) throw failure('NotFound', 'pod does not exist');
  return pod;
}

/** The pod's containers under `name` in the runtime, newest first. @throws {StatusError} NotFound if its spec has no such one */
export async function findContainers(
  pod: Pod,
  name: string,
  { runtime }: Pick<KubeletServerOptions, 'runtime'>,
  signal: AbortSignal,
): Promise<readonly Container[]> {
  if (containerNamed(pod, name) === undefined) {
    throw failure('NotFound', `container "${name}" not found in pod "${pod.metadata.name}"`);
  }
  const labels = { [podUidLabel]: pod.metadata.uid ?? '', [containerNameLabel]: name };
  const found = await runtime.listContainers({ labels }, signal);
  return found.toSorted((a, b) => b.createdAtMs - a.createdAtMs || b.attempt - a.attempt);
}
