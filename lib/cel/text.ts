import type { Environment } from '@marcbachmann/cel-js';
import { compilePattern } from '#lib/api/structural/pattern.ts';

/** Regular expressions, and what the library lacks of CEL's strings extension. Rule: pkg/cel/library, regex; cel-go ext, strings. */
export function addTextFunctions(environment: Environment): void {
  environment
    .registerFunction('string.find(string): string', (text: string, pattern: string) => {
      return expression(pattern).exec(text)?.[0] ?? '';
    })
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => findAll(text, pattern))
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, most: bigint) => {
      return most < 0n ? findAll(text, pattern) : findAll(text, pattern).slice(0, Number(most));
    })
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) => {
      return text.replaceAll(from, () => to);
    })
    .registerFunction(
      'string.replace(string, string, int): string',
      (text: string, from: string, to: string, most: bigint) => replaceSome(text, from, to, Number(most)),
    )
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => [...text][Number(at)] ?? '')
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''));
}

function expression(pattern: string): RegExp {
  const made = compilePattern(pattern);
  if (made === undefined) throw new Error(`error parsing regexp: ${JSON.stringify(pattern)}`);
  return made;
}

function findAll(text: string, pattern: string): readonly string[] {
  const { source, flags } = expression(pattern);
  return [...text.matchAll(new RegExp(source, `${flags}g`))].map(([found]) => found);
}

function replaceSome(text: string, from: string, to: string, most: number): string {
  if (most < 0) return text.replaceAll(from, () => to);
  let left = most;
  return text.replaceAll(from, (found) => (left-- > 0 ? to : found));
}
