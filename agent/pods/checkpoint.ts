// What has to survive the agent's own restart and is nowhere else: what pods were granted, and how long their containers
// pause. One small file a pod; one that cannot be read is as good as none.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { ResourceRequirements } from '#lib/api/types/core.v1.ts';
import type { Log } from '#lib/log.ts';
import type { Allocation } from '../resize/allocation.ts';
import type { PodRecord } from './pod-record.ts';
import type { Restart } from './restart.ts';

export interface Saved {
  readonly allocation: Allocation;
  readonly actuated: Readonly<Record<string, ResourceRequirements>>;
  readonly restarts: Readonly<Record<string, Restart>>;
}

export interface Checkpoint {
  /** What was saved of a pod before this process started. */
  of(podUid: string): Saved | undefined;
  /** Writes what is worth keeping, if it differs from what was written last. */
  save(record: PodRecord): Promise<void>;
  drop(podUid: string): Promise<void>;
  /** Uids of the pods that something is kept of. */
  holders(): readonly string[];
}

/** @throws {Error} if `folder` cannot be made */
export async function openCheckpoint(folder: string, log: Log): Promise<Checkpoint> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const written = new Map<string, string>(); // by pod uid; bounded by the pods here
  for (const name of await readdir(folder)) {
    const [, uid] = /^(.+)\.json$/.exec(name) ?? [];
    if (name.endsWith('.json.new'))
      await rm(`${folder}/${name}`, { force: true }); // written half
    else if (uid !== undefined) written.set(uid, await readFile(`${folder}/${name}`, 'utf8').catch(() => ''));
  }
  const fileOf = (uid: string) => `${folder}/${uid}.json`;

  return {
    of(podUid) {
      const text = written.get(podUid);
      return text === undefined ? undefined : parseSaved(text);
    },
    async save(record) {
      const text = JSON.stringify(worthKeeping(record));
      if (written.get(record.uid) === text) return;
      written.set(record.uid, text);
      const file = fileOf(record.uid);
      try {
        await writeFile(`${file}.new`, text, { mode: 0o640 });
        await rename(`${file}.new`, file);
      } catch (error) {
        log.warn('Could not write a checkpoint', { podUID: record.uid, err: error });
      }
    },
    holders: () => [...written.keys()],
    async drop(podUid) {
      if (written.delete(podUid)) await rm(fileOf(podUid), { force: true });
    },
  };
}

function worthKeeping({ allocation, actuated, restarts }: PodRecord): Saved {
  return { allocation, actuated: Object.fromEntries(actuated), restarts: Object.fromEntries(restarts) };
}

/** `undefined` for what cannot be read. */
export function parseSaved(text: string): Saved | undefined {
  try {
    const { allocation = {}, actuated = {}, restarts = {} } = JSON.parse(text) as Partial<Saved>;
    return { allocation, actuated, restarts };
  } catch {
    return undefined; // written half, or by a later version
  }
}
