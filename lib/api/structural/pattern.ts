// Patterns in Go's syntax. They come from whoever may define resources or policies, and none may hold the server up: what
// the engine's linear mode can do, it does; for the rest there is an RE2, loaded with the first pattern that needs it.
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

export interface Pattern {
  test(text: string): boolean;
  /** What of `text` matches first. */
  find(text: string): string | undefined;
  /** All that matches, up to `most`. */
  findAll(text: string, most?: number): readonly string[];
  /** How much work a character is, in characters of a plain pattern. */
  readonly weight: number;
}

/** Undefined if it is none that Go would take. */
export function compilePattern(pattern: string): Pattern | undefined {
  const made = compileOrError(pattern);
  return made instanceof Error ? undefined : made;
}

/** The error reads as Go's: `error parsing regexp: missing closing ): ...`. */
export function compileOrError(pattern: string): Pattern | Error {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const made = compile(pattern);
  if (compiled.size >= most) compiled.clear();
  compiled.set(pattern, made);
  return made;
}
const compiled = new Map<string, Pattern | Error>();
/** Above it all are forgotten: they are made again when they are met again. */
const most = 2000;

function compile(pattern: string): Pattern | Error {
  const weight = Math.max(1, pattern.length) * repeatsIn(pattern);
  const plain = plainForm(pattern);
  if (plain === undefined) return withRe2(pattern, weight);
  try {
    const one = new RegExp(plain);
    if (weight > longWeight) for (const text of ['', '\u0100']) one.test(text); // made when it is first used, for each width of text
    return withRegExp(one, new RegExp(plain, 'g'), weight);
  } catch {
    return withRe2(pattern, weight);
  }
}

/** From here on the engine may find at its first use that it cannot make what it has read. */
const longWeight = 1_000;

function withRegExp(one: RegExp, all: RegExp, weight: number): Pattern {
  return {
    weight,
    test: (text) => one.test(text),
    find: (text) => one.exec(text)?.[0],
    findAll(text, most = Number.POSITIVE_INFINITY) {
      const found: string[] = [];
      if (most <= 0) return found;
      for (const [match] of text.matchAll(all)) if (found.push(match) >= most) break;
      return found;
    },
  };
}

/** What takes longer to make than a request may. */
const mostCharacters = 10_000;
/** Of Unicode's classes, which are long lists. */
const mostClasses = 100;

let re2: { readonly RE2JS: typeof RE2JS } | undefined;

function withRe2(pattern: string, weight: number): Pattern | Error {
  if (pattern.length > mostCharacters || (pattern.match(/\\[pP]/g)?.length ?? 0) > mostClasses) {
    return new Error('error parsing regexp: expression too large');
  }
  re2 ??= createRequire(import.meta.url)('re2js') as { readonly RE2JS: typeof RE2JS };
  try {
    const made = re2.RE2JS.compile(pattern);
    return {
      weight,
      test: (text) => made.matcher(text).find(),
      find: (text) => {
        const matcher = made.matcher(text);
        return matcher.find() ? (matcher.group() ?? undefined) : undefined;
      },
      findAll(text, most = Number.POSITIVE_INFINITY) {
        const found: string[] = [];
        const matcher = made.matcher(text);
        while (found.length < most && matcher.find()) found.push(matcher.group() ?? '');
        return found;
      },
    };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** How often a part is repeated at most, if all that repeat stand within each other. */
function repeatsIn(pattern: string): number {
  let product = 1;
  for (const [, least = '', most = ''] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    product = Math.min(product * Math.max(1, Number(least), Number(most || 0)), 1e6);
  }
  return product;
}

/** The pattern as this language writes it; undefined where its engine would do something else, or not in linear time. */
function plainForm(pattern: string): string | undefined {
  if (!/^[\t\n\x20-\x7e]*$/.test(pattern) || repeatsIn(pattern) > mostRepeats) return undefined;
  if (/\(\?(?!:)|\[\^?\]|\[\[?:|[*+?}][*+]|\{,/.test(pattern.replaceAll(/\\./g, 'x'))) return undefined;
  let [plain, inClass] = ['', false];
  for (const [part] of pattern.matchAll(/\\[\s\S]|[\s\S]/g)) {
    if (part === '[' && !inClass) inClass = true;
    else if (part === '[') return undefined;
    else if (part === ']' && inClass) inClass = false;
    if (part.startsWith('\\')) {
      const own = escaped(part, inClass);
      if (own === undefined) return undefined;
      plain += own;
    } else plain += part === '.' && !inClass ? '[^\\n]' : part;
  }
  return plain;
}
/** More than that the engine cannot unfold for its linear mode. */
const mostRepeats = 16;

function escaped(part: string, inClass: boolean): string | undefined {
  if (part === '\\s') return inClass ? '\\t\\n\\f\\r ' : '[\\t\\n\\f\\r ]';
  if (part === '\\S') return inClass ? undefined : '[^\\t\\n\\f\\r ]';
  if (/^\\[dDwWnrtfv]$/.test(part)) return part;
  if (/^\\[bB]$/.test(part)) return inClass ? undefined : part;
  return /^\\[^\w\s]$/.test(part) ? part : undefined;
}
