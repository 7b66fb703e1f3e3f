import type { Container } from '#cri/runtime.ts';
import { badRequest } from '#lib/api/status.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';

/**
 * Whose log is meant: of `containers` (newest first, all under the same name) the one that runs or ran last, or with
 * `previous` the one before. @throws {StatusError} BadRequest in upstream's words while there is none
 */
export function chooseLog(pod: Pod, name: string, containers: readonly Container[], previous: boolean): Container {
  const started = containers.filter(({ state }) => state !== 'created');
  const { state } = statusOf(pod, name) ?? {};
  const [newest, second] = started;
  const where = `container "${name}" in pod "${pod.metadata.name}"`;
  if (previous) {
    // One that has ended and is about to be started again is the previous one already.
    const isPrevious = newest?.state === 'exited' && state?.waiting !== undefined;
    const chosen = isPrevious ? newest : second;
    if (chosen === undefined) throw badRequest(`previous terminated ${where} not found`);
    return chosen;
  }
  if (newest !== undefined) return newest;
  if (state?.terminated !== undefined) throw badRequest(`${where} is terminated`);
  const reason = state?.waiting?.reason;
  if (reason === undefined) throw badRequest(`${where} is waiting to start - no logs yet`);
  throw badRequest(`${where} is waiting to start: ${words[reason] ?? reason}`);
}
const words: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

function statusOf({ status }: Pod, name: string) {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  return all.find((one) => one.name === name);
}
