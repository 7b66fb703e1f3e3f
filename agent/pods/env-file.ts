/**
 * The value of `key` in the text of an env file; `undefined` if it has none. Later lines are not looked at.
 *
 * A line is `NAME='value'`: the value is literal and may go over several lines; a comment may follow. Comments and blank lines
 * lie between. White space behind the `=` makes the value empty, as in a shell.
 * Rule: KEP-3721, "Env File". @throws {RangeError} with the line that is none
 */
export function readEnvFile(text: string, key: string): string | undefined {
  const lines = text.replace(/\n$/, '').split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!.replace(/^[ \t]+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    if (equals === -1) throw wrong(at, "missing '='");
    const name = line.slice(0, equals);
    if (name.trim() === '') throw wrong(at, 'empty variable name');
    if (/[ \t]$/.test(name)) throw wrong(at, "whitespace before '=' is not allowed");
    const rest = line.slice(equals + 1);
    if (/^[ \t]/.test(rest)) {
      if (name === key) return '';
      continue;
    }
    if (!rest.startsWith("'")) throw wrong(at, 'value must be enclosed in single quotes');
    const { value, last } = quoted(lines, at, rest.slice(1));
    if (name === key) return value;
    at = last;
  }
  return undefined;
}

function quoted(lines: readonly string[], first: number, rest: string): { value: string; last: number } {
  let value = '';
  let line = rest;
  for (let at = first; ; at++, line = lines[at] ?? '') {
    if (at >= lines.length) {
      throw new RangeError(`invalid environment variable format starting at line ${first + 1}: unclosed single quote`);
    }
    const close = line.indexOf("'");
    if (close !== -1) {
      if (!/^[ \t]*(?:#|$)/.test(line.slice(close + 1))) throw wrong(at, 'unexpected content after closing quote');
      return { value: value + line.slice(0, close), last: at };
    }
    value += `${line}\n`;
  }
}

function wrong(at: number, words: string): RangeError {
  return new RangeError(`invalid environment variable format at line ${at + 1}: ${words}`);
}
