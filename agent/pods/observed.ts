import type { ContainerStatus, SandboxStatus } from '#cri/runtime.ts';

/** What the runtime has of a pod. */
export interface Observed {
  /** Newest first. */
  readonly sandboxes: readonly SandboxStatus[];
  /** Newest first. */
  readonly containers: readonly ObservedContainer[];
}

export interface ObservedContainer extends ContainerStatus {
  readonly sandboxId: string;
}

export const nothingObserved: Observed = { sandboxes: [], containers: [] };

/** The container that was made last under `name`. */
export function latestOf({ containers }: Observed, name: string): ObservedContainer | undefined {
  return containers.find((container) => container.name === name);
}

export function isLive({ state }: Pick<ContainerStatus, 'state'>): boolean {
  return state === 'running' || state === 'unknown' || state === 'created';
}
