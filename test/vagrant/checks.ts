/** Rows of a run that shows each thing as it goes, and goes on after a failure. */
export interface Checks {
  /** Does something and says how long it took; what it returns is shown beside it. */
  check(name: string, body: () => Promise<string | undefined>): Promise<void>;
  /** How many failed. */
  readonly failed: number;
  readonly passed: number;
}

export function createChecks(write: (line: string) => void): Checks {
  let [passed, failed] = [0, 0];
  return {
    async check(name, body) {
      const startMs = Date.now();
      const say = (mark: string, words: string | undefined) =>
        write(`${mark} ${name}${words ? `: ${words}` : ''} [${((Date.now() - startMs) / 1000).toFixed(1)}s]`);
      try {
        say('✔', await body());
        passed++;
      } catch (error) {
        failed++;
        say('✘', error instanceof Error ? error.message : String(error));
      }
    },
    get passed() {
      return passed;
    },
    get failed() {
      return failed;
    },
  };
}

/** @throws {Error} with both, if they differ */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${what} is ${is}, not ${should}`);
}
