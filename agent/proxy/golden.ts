// For tests that hold rules against golden files.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { type PrintFacts, printRules } from './print.ts';

/** What these Services add to the rules of a node that has none. */
export function rulesOf(
  facts: Omit<PrintFacts, 'services' | 'endpointSlices'>,
  services: readonly Service[],
  endpointSlices: readonly EndpointSlice[],
): string {
  const base = new Set(printRules({ ...facts, services: [], endpointSlices: [] }).split('\n'));
  const lines = printRules({ ...facts, services, endpointSlices }).split('\n');
  return `${lines.filter((line) => !base.has(line)).join('\n')}\n`;
}

/** What the file testdata/`name`.txt holds; with UPDATE=1 it is `text` from now on. */
export function goldenText(name: string, text: string): string {
  const file = new URL(`testdata/${name}.txt`, import.meta.url);
  if (process.env['UPDATE']) writeFileSync(file, text);
  return readFileSync(file, 'utf8');
}
