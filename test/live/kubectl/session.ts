/** One command of a session, and what is expected of it. */
export interface Step {
  readonly line: number;
  readonly words: readonly string[];
  readonly codes: readonly number[];
  /** To the letter; absent if patterns say what matters. */
  readonly output?: string;
  readonly patterns: readonly string[];
  /** The first minor version of kubectl that can do it; 0: all can. */
  readonly since: number;
}

/** @throws {Error} naming the line that is none of a session's */
export function parseSession(text: string, names: Readonly<Record<string, string>>): readonly Step[] {
  const steps: Step[] = [];
  let since = 0;
  for (const [index, content] of text.split('\n').entries()) {
    if (content === '' || content.startsWith('#')) continue;
    const filled = fill(content, names);
    if (filled.startsWith('? ')) {
      since = minorOf(filled);
      continue;
    }
    if (filled.startsWith('$ ')) {
      steps.push({ line: index + 1, words: wordsOf(filled.slice(2)), codes: [0], patterns: [], since });
      since = 0;
      continue;
    }
    const step = steps.pop();
    if (step === undefined) throw new Error(`line ${index + 1}: what a command prints, before any command`);
    steps.push(read(step, filled));
  }
  return steps;
}

/** Of '1.29' it is 29. */
export function minorOf(version: string): number {
  return Number(/1\.(\d+)/.exec(version)?.[1] ?? Number.POSITIVE_INFINITY);
}

/** `text` with each name replaced by what it stands for. */
export function fill(text: string, names: Readonly<Record<string, string>>): string {
  return Object.entries(names).reduce((filled, [name, value]) => filled.replaceAll(name, value), text);
}

function read(step: Step, content: string): Step {
  if (content.startsWith('! ')) return { ...step, codes: content.slice(2).split(',').map(Number) };
  if (content.startsWith('~ ')) return { ...step, patterns: [...step.patterns, content.slice(2)] };
  if (content === '<none>') return { ...step, output: '' };
  return { ...step, output: step.output === undefined ? content : `${step.output}\n${content}` };
}

/** Parted at spaces, but for those behind a backslash. */
function wordsOf(command: string): readonly string[] {
  return command.split(/(?<!\\) +/).map((word) => word.replaceAll('\\ ', ' '));
}

/** @returns what is not as it should be, if anything */
export function judge(
  step: Step,
  said: { readonly stdout: string; readonly stderr: string; readonly code: number },
): string | undefined {
  const all = [said.stdout, said.stderr].filter(Boolean).join('\n');
  const wrong = [
    ...(step.codes.includes(said.code) ? [] : [`ended with ${said.code} instead of ${step.codes.join(' or ')}`]),
    ...(step.output === undefined || said.stdout.trim() === step.output
      ? []
      : [`printed something else than\n${step.output}`]),
    ...step.patterns
      .filter((pattern) => !new RegExp(pattern, 'm').test(all))
      .map((pattern) => `does not match ${pattern}`),
  ];
  return wrong.length === 0
    ? undefined
    : `line ${step.line}: kubectl ${step.words.join(' ')}\n${wrong.join('\n')}\n--- it said\n${all}`;
}
