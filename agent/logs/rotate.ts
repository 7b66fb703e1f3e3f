import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Runtime } from '#cri/runtime.ts';
import type { Clock } from '#lib/clock.ts';
import { assertNever } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { planRotation, type RotationRule, type RotationStep, standardRotation } from './rotate-plan.ts';

export interface RotateOptions {
  readonly runtime: Pick<Runtime, 'listContainers' | 'containerStatus' | 'reopenLog'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly rule?: RotationRule;
}

/** Looks at the logs of running containers every ten seconds, and rotates those that have grown too large, until aborted. */
export async function rotateLogs(options: RotateOptions, signal: AbortSignal): Promise<void> {
  const paths = new Map<string, string>(); // of running containers, by id: they do not change
  for (;;) {
    try {
      await options.clock.sleep(intervalMs, signal);
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

/** Rotates the log of one container if it is due. */
export async function rotateOne(
  id: string,
  path: string,
  { runtime, clock, rule = standardRotation }: RotateOptions,
  signal: AbortSignal,
): Promise<void> {
  const bytes = (await stat(path).catch(() => undefined))?.size;
  if (bytes === undefined) {
    if (path !== '') await runtime.reopenLog(id, signal); // an earlier rotation ended half-way: writing goes on elsewhere
    return;
  }
  if (bytes <= rule.maxBytes) return;
  const directory = dirname(path);
  const facts = { name: basename(path), bytes, siblings: await readdir(directory) };
  for (const step of planRotation(facts, rule, clock.now())) {
    await take(step, directory, () => runtime.reopenLog(id, signal));
  }
}

async function take(step: RotationStep, directory: string, reopen: () => Promise<void>): Promise<void> {
  const at = (name: string) => join(directory, name);
  switch (step.do) {
    case 'remove':
      return await rm(at(step.name), { force: true });
    case 'compress':
      await pipeline(createReadStream(at(step.name)), createGzip(), createWriteStream(at(`${step.name}.tmp`)));
      await rename(at(`${step.name}.tmp`), at(`${step.name}.gz`));
      return await rm(at(step.name));
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
