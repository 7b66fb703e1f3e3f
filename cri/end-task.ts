// A call to start a container that is cut off (its caller was killed) may leave its process made and not started, in a
// container that containerd shows as exited: it then refuses to remove it for ever. Its own API ends what CRI cannot see.
import { hasReason } from '#lib/errors.ts';
import type { Channel } from './channel.ts';

/** Ends what there is of a container's process. A repeat is fine. @throws MethodNotAllowed if the runtime is not containerd */
export async function endTask(
  channel: Channel,
  containerId: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  const call = async (method: string, request: object) => {
    try {
      await channel.call('Tasks', method, request, deadlineMs, signal);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  };
  await call('Kill', { containerId, signal: sigkill, all: true });
  await call('Wait', { containerId }); // until it has ended, its remains cannot be deleted
  await call('Delete', { containerId });
}
const sigkill = 9;
