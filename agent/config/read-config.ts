import { readFile } from 'node:fs/promises';
import { load } from 'js-yaml';
import type { AgentOptions } from '../options.ts';
import { completeConfig } from './complete.ts';
import { optionsOf } from './options-of.ts';

export interface ReadConfig {
  readonly options: Partial<AgentOptions>;
  /** Paths of what is set and does nothing here. */
  readonly idle: readonly string[];
}

/** A KubeletConfiguration in YAML or JSON. @throws {Error} that names the file and what is wrong in it */
export async function readConfig(path: string): Promise<ReadConfig> {
  try {
    const value = load(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null) throw new Error('It holds no object');
    const { config, idle } = completeConfig(value as Readonly<Record<string, unknown>>);
    return { options: optionsOf(config), idle };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot use the configuration ${path}: ${words}`, { cause: error });
  }
}
