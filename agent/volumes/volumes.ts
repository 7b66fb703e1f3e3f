import type { Pod } from '#lib/api/types/core.v1.ts';

/** What the pod worker needs of volumes. Everything may be repeated: what is there already is left alone. */
export interface Volumes {
  /**
   * Makes every volume of the pod ready on this node, and returns them by their name in the pod's spec.
   * Called again while the pod runs: then it brings configMap, secret, downward and projected volumes up to date.
   * @throws {ReasonError} whose message names the volume: it becomes a `FailedMount` event, and the worker tries again
   */
  prepare(pod: Pod, signal: AbortSignal): Promise<PreparedVolumes>;
  /** Host path of `subPath` inside a volume: made if it is absent, never outside of the volume. @throws BadRequest if it is */
  subPath(volume: PreparedVolume, subPath: string, signal: AbortSignal): Promise<string>;
  /** Unmounts and removes all that the pod had here; no container of it runs any more. */
  release(podUid: string, signal: AbortSignal): Promise<void>;
  /** Uids of the pods that hold volumes on this node, whether or not the API still knows them. */
  holders(signal: AbortSignal): Promise<readonly string[]>;
}

export type PreparedVolumes = ReadonlyMap<string, PreparedVolume>;

export interface PreparedVolume {
  /** Absolute; a directory, or a file where the volume is one (hostPath of type File, Socket ...). */
  readonly hostPath: string;
  /** The volume itself is read-only, whatever a mount of it says. */
  readonly isReadOnly?: boolean;
  /** Its owners cannot be mapped to those of a pod with users of its own: that sees nobody's files. */
  readonly isUnmappable?: boolean;
}
