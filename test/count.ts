export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** Counts what ava's text says. A run that ends badly without naming a failure still counts as one. */
export function countResults(text: string, exitCode: number): Counts {
  const lines = text.split('\n');
  const passed = lines.filter((line) => /^\s*✔ (?!\[expected fail\])/.test(line)).length;
  const failed = lines.filter((line) => /^\s*✘ \[(fail|unexpected pass)\]/.test(line)).length;
  const more = lines
    .map((line) => /^\s*(\d+) (uncaught exceptions?|unhandled rejections?|tests? remained pending)/.exec(line)?.[1])
    .reduce((sum, count) => sum + Number(count ?? 0), 0);
  return { passed, failed: exitCode === 0 ? failed + more : Math.max(failed + more, 1) };
}
