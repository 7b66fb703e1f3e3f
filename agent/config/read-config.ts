import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { load } from 'js-yaml';
import type { AgentOptions } from '../options.ts';
import { checkFields, completeConfig } from './complete.ts';
import { merged } from './merge.ts';
import { optionsOf } from './options-of.ts';

export interface ReadConfig {
  readonly options: Partial<AgentOptions>;
  /** Paths of what is set and does nothing here. */
  readonly idle: readonly string[];
}

/**
 * A KubeletConfiguration in YAML or JSON, and what the drop-ins in `folder` change of it: the files in it and below that
 * end in `.conf`, in the order of their names. `undefined` if there is neither.
 * Rule: "Set Kubelet Parameters Via A Configuration File". @throws {Error} that names the file and what is wrong in it
 */
export async function readConfig(path: string | undefined, folder?: string): Promise<ReadConfig | undefined> {
  const paths = [...(path === undefined ? [] : [path]), ...(folder === undefined ? [] : await dropIns(folder))];
  if (path === undefined && folder === undefined) return undefined;
  let all: Readonly<Record<string, unknown>> = {};
  for (const one of paths) all = merged(all, await blaming(one, () => readPart(one)));
  return await blaming(paths.join(', '), async () => {
    const { config, idle } = completeConfig(all);
    return { options: optionsOf(config), idle };
  });
}

async function dropIns(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = found.filter((one) => !one.isDirectory() && extname(one.name) === '.conf');
  return files.map(({ parentPath, name }) => `${parentPath}/${name}`).sort();
}

async function readPart(path: string): Promise<Readonly<Record<string, unknown>>> {
  const value = load(await readFile(path, 'utf8'));
  if (typeof value !== 'object' || value === null) throw new Error('It holds no object');
  checkFields(value as Readonly<Record<string, unknown>>);
  return value as Readonly<Record<string, unknown>>;
}

async function blaming<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot use the configuration ${path}: ${words}`, { cause: error });
  }
}
