// How new what a read sees must be. Rule: API concepts, "Resource versions".
import { StatusError } from '#lib/api/status.ts';
import type { Core } from '../served.ts';

/**
 * Settles when the caches are new enough for a read at "not older than `version`": unset asks for everything that was
 * acknowledged before, 0 for anything.
 * @returns the revision that the caches stand at
 * @throws {StatusError} Timeout if that version is far in the future
 */
export async function freshEnough(core: Core, version: number | undefined, signal: AbortSignal): Promise<number> {
  if (version === undefined) return core.feed.current(signal);
  await core.feed.ready;
  if (version > core.feed.applied && !(await core.feed.reached(version, futureMs, signal))) {
    throw tooLarge(version, core.feed.applied);
  }
  return core.feed.applied;
}
const futureMs = 3_000;

/** Rule: apiserver storage NewTooLargeResourceVersionError. */
function tooLarge(version: number, current: number): StatusError {
  const message = `Too large resource version: ${version}, current: ${current}`;
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `Timeout: ${message}`,
    reason: 'Timeout',
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
    code: 504,
  });
}
