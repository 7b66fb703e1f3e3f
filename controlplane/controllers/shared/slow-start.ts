/**
 * Runs `act` for 0 to `count` - 1 in batches of 1, 2, 4 ...; stops after the first batch in which one failed.
 * So a mistake in a template costs one refused request, not hundreds. Rule: kubernetes pkg/controller/replicaset, slowStartBatch.
 * Returns how many succeeded, and the first error.
 */
export async function slowStart(
  count: number,
  act: (index: number) => Promise<void>,
): Promise<{ readonly done: number; readonly error?: unknown }> {
  let done = 0;
  let started = 0;
  for (let size = 1; started < count; size *= 2) {
    const batch = Array.from({ length: Math.min(size, count - started) }, (_, i) => started + i);
    started += batch.length;
    const results = await Promise.allSettled(batch.map(act));
    done += results.filter(({ status }) => status === 'fulfilled').length;
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) return { done, error: failed.reason };
  }
  return { done };
}
