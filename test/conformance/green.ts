import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Each spec that once passed, one a line, sorted. */
export const greenFile = new URL('green.txt', import.meta.url);

export function readGreen(): readonly string[] {
  return existsSync(greenFile) ? readFileSync(greenFile, 'utf8').split('\n').filter(Boolean) : [];
}

/** Adds names; never takes one away. */
export function addGreen(names: readonly string[]): void {
  const all = [...new Set([...readGreen(), ...names])].sort();
  writeFileSync(greenFile, `${all.join('\n')}\n`);
}
