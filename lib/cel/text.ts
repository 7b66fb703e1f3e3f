import type { Environment } from '@marcbachmann/cel-js';
import { compileOrError, type Pattern } from '#lib/api/structural/pattern.ts';
import { formatText } from './text-format.ts';

class TextFunctions {}

/** Regular expressions, and what the library lacks of CEL's strings extension. Rule: pkg/cel/library, regex; cel-go ext, strings. */
export function addTextFunctions(environment: Environment): void {
  environment
    .registerFunction('string.find(string): string', (text: string, pattern: string) => {
      return patternOf(pattern).find(text) ?? '';
    })
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => {
      return patternOf(pattern).findAll(text);
    })
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, most: bigint) => {
      return patternOf(pattern).findAll(text, most < 0n ? undefined : Number(most));
    })
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) => {
      return text.replaceAll(from, () => to);
    })
    .registerFunction(
      'string.replace(string, string, int): string',
      (text: string, from: string, to: string, most: bigint) => replaceSome(text, from, to, Number(most)),
    )
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => [...text][Number(at)] ?? '')
    .registerType('strings.Functions', { ctor: TextFunctions, fields: {} })
    .registerConstant('strings', 'strings.Functions', new TextFunctions())
    .registerFunction('strings.Functions.quote(string): string', (_: unknown, text: string) => JSON.stringify(text))
    .registerFunction('string.format(list): string', (text: string, values: readonly unknown[]) => {
      return formatText(text, values);
    })
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''));
}

/** @throws {Error} as Go would say it */
export function patternOf(pattern: string): Pattern {
  const made = compileOrError(pattern);
  if (made instanceof Error) throw made;
  return made;
}

function replaceSome(text: string, from: string, to: string, most: number): string {
  if (most < 0) return text.replaceAll(from, () => to);
  let left = most;
  return text.replaceAll(from, (found) => (left-- > 0 ? to : found));
}
