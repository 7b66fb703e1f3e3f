import type { ContainerState, ContainerStatus } from '#lib/api/types/core.v1.ts';

/** Cuts termination messages so that all of a pod's together stay within 12 KiB, each with an equal share of it. */
export function shortMessages(status: ContainerStatus, containers: number): ContainerStatus {
  const most = Math.floor(mostBytes / Math.max(1, containers));
  const { state, lastState } = status;
  const [shortState, shortLast] = [shortened(state, most), shortened(lastState, most)];
  if (shortState === state && shortLast === lastState) return status;
  return {
    ...status,
    ...(shortState === undefined ? {} : { state: shortState }),
    ...(shortLast === undefined ? {} : { lastState: shortLast }),
  };
}
const mostBytes = 12 * 1024;

function shortened(state: ContainerState | undefined, most: number): ContainerState | undefined {
  const { terminated } = state ?? {};
  const { message } = terminated ?? {};
  if (terminated === undefined || message === undefined || message.length * 3 <= most) return state;
  const bytes = new TextEncoder().encode(message);
  if (bytes.length <= most) return state;
  let end = most;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--; // not within a character
  return { ...state, terminated: { ...terminated, message: new TextDecoder().decode(bytes.subarray(0, end)) } };
}
