import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Each spec of upstream's suite that once passed, one a line, sorted. */
export const greenFile = new URL('green.txt', import.meta.url);

/** Each of our own specs that once passed. */
export const modernGreenFile = new URL('modern/green.txt', import.meta.url);

export function readGreen(file = greenFile): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

/** Adds names; never takes one away. */
export function addGreen(names: readonly string[], file = greenFile): void {
  const all = [...new Set([...readGreen(file), ...names])].sort();
  writeFileSync(file, `${all.join('\n')}\n`);
}
