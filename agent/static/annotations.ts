import type { Pod } from '#lib/api/types/core.v1.ts';

/** Where a pod comes from: `file`, `http`, or `api` (or nothing). */
export const configSource = 'kubernetes.io/config.source';
/** Of a static pod: its uid. */
export const configHash = 'kubernetes.io/config.hash';
export const configSeen = 'kubernetes.io/config.seen';
/** Of the API's picture of a static pod: that one's hash. */
export const configMirror = 'kubernetes.io/config.mirror';

export function isStatic({ metadata }: Pod): boolean {
  return (metadata.annotations?.[configSource] ?? 'api') !== 'api';
}

export function isMirror({ metadata }: Pod): boolean {
  return metadata.annotations?.[configMirror] !== undefined;
}

/** Whether `mirror` shows this very static pod. */
export function isMirrorOf(mirror: Pod | undefined, pod: Pod): mirror is Pod {
  return mirror?.metadata.annotations?.[configMirror] === pod.metadata.annotations?.[configHash];
}
