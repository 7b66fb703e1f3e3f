import { constants } from 'node:fs';
import { lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Runtime } from '#cri/runtime.ts';
import type { Clock } from '#lib/clock.ts';
import { assertNever } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { openLogFolder } from './open-log.ts';
import { planRotation, type RotationRule, type RotationStep, standardRotation } from './rotate-plan.ts';

export interface RotateOptions {
  readonly runtime: Pick<Runtime, 'listContainers' | 'containerStatus' | 'reopenLog'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly rule?: RotationRule;
  /** Between two looks: 10 s unless told. */
  readonly pauseMs?: number | undefined;
}

/** Looks at the logs of running containers now and then, and rotates those that have grown too large, until aborted. */
export async function rotateLogs(options: RotateOptions, signal: AbortSignal): Promise<void> {
  const paths = new Map<string, string>(); // of running containers, by id: they do not change
  for (;;) {
    try {
      await options.clock.sleep(options.pauseMs ?? intervalMs, signal);
      await rotateAll(options, paths, signal);
    } catch (error) {
      if (signal.aborted) return;
      options.log.warn('Could not rotate logs', { err: error });
    }
  }
}
const intervalMs = 10_000;

async function rotateAll(options: RotateOptions, paths: Map<string, string>, signal: AbortSignal): Promise<void> {
  const { runtime, log } = options;
  const running = (await runtime.listContainers({}, signal)).filter(({ state }) => state === 'running');
  const ids = new Set(running.map(({ id }) => id));
  for (const id of paths.keys()) if (!ids.has(id)) paths.delete(id);
  for (const id of ids) {
    try {
      const path = paths.get(id) ?? (await runtime.containerStatus(id, signal)).logPath;
      paths.set(id, path);
      await rotateOne(id, path, options, signal);
    } catch (error) {
      signal.throwIfAborted();
      log.warn('Could not rotate a log', { containerID: id, err: error });
    }
  }
}

/**
 * Rotates the log of one container if it is due. What stands in its place and is no file goes: the runtime makes a new one.
 * All is done below the handle of its folder, and no link is followed: the pod's containers may write there.
 */
export async function rotateOne(
  id: string,
  path: string,
  { runtime, clock, rule = standardRotation }: RotateOptions,
  signal: AbortSignal,
): Promise<void> {
  if (path === '') return;
  const name = basename(path);
  await using handle = await openLogFolder(dirname(path));
  const folder = `/proc/self/fd/${handle.fd}`;
  const found = await lstat(`${folder}/${name}`).catch(() => undefined);
  if (found?.isFile() !== true) {
    if (found !== undefined) await rm(`${folder}/${name}`, { recursive: true });
    await runtime.reopenLog(id, signal); // an earlier rotation may have ended half-way: writing goes on elsewhere
    return;
  }
  if (found.size <= rule.maxBytes) return;
  const facts = { name, bytes: found.size, siblings: await readdir(folder) };
  for (const step of planRotation(facts, rule, clock.now())) {
    await take(step, folder, () => runtime.reopenLog(id, signal));
  }
}

async function take(step: RotationStep, folder: string, reopen: () => Promise<void>): Promise<void> {
  const at = (name: string) => `${folder}/${name}`;
  switch (step.do) {
    case 'remove':
      return await rm(at(step.name), { force: true, recursive: true });
    case 'compress':
      return await compress(at(step.name));
    case 'rotate':
      await rename(at(step.from), at(step.to));
      try {
        return await reopen();
      } catch (error) {
        await rename(at(step.to), at(step.from)); // the runtime still writes to it: nothing is lost
        throw error;
      }
    default:
      assertNever(step, 'step');
  }
}

/** What is no file, or a link by now, is not read, but goes as if it were compressed. */
async function compress(path: string): Promise<void> {
  const isFile = (await lstat(path)).isFile();
  if (isFile) {
    const source = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const target = await open(`${path}.tmp`, 'wx', 0o640); // fails on a link, too
    await pipeline(source.createReadStream(), createGzip(), target.createWriteStream());
    await rename(`${path}.tmp`, `${path}.gz`);
  }
  await rm(path, { recursive: true });
}
