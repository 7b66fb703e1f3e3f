import { writeFile } from 'node:fs/promises';
import type { Log } from '#lib/log.ts';

/** Has the kernel kill almost everything before this process when memory is short. Rule: "Node out of memory behavior". */
export async function setOomScore(score: number | undefined, log: Log): Promise<void> {
  await writeFile('/proc/self/oom_score_adj', String(score ?? standard)).catch((error) => {
    log.warn('Could not guard the agent against a lack of memory', { score: score ?? standard, err: error });
  });
}
const standard = -999;
