import { readFile } from 'node:fs/promises';
import { ReasonError } from '#lib/errors.ts';
import type { SchedulerConfiguration } from './types.ts';
import { mistakesOfConfiguration } from './validate.ts';

/** The KubeSchedulerConfiguration in the file at `path`. @throws {ReasonError} Invalid, with every mistake */
export async function loadSchedulerConfiguration(path: string): Promise<SchedulerConfiguration> {
  const { load } = await import('js-yaml');
  const document = load(await readFile(path, 'utf8'));
  const mistakes = mistakesOfConfiguration(document);
  if (mistakes.length === 0) return document as SchedulerConfiguration;
  throw new ReasonError('Invalid', `Cannot use ${path}: ${mistakes.join('; ')}`);
}
