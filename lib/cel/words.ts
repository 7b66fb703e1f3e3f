// What is wrong with an expression, in the words of Go's library, which people know and search for. Pure.

interface Failure extends Error {
  readonly summary?: string;
  readonly range?: { readonly start: number };
}

/** An expression that is none, with the place in it. */
export function compileError(error: unknown, text: string): Error {
  const failure = error as Failure;
  const summary = failure.summary ?? firstLineOf(failure.message ?? String(error));
  const isSyntax = failure.name === 'ParseError';
  const at = isSyntax || failure.range === undefined ? failure.range?.start : startOf(failure, summary);
  const what = isSyntax ? `Syntax error: ${summary}` : compileWords(summary);
  return new Error(`ERROR: <input>:${placed(text, at ?? 0, what)}`, { cause: error });
}

/** Of a field upstream names the dot before it. */
function startOf({ range }: Failure, summary: string): number {
  return summary.startsWith('No such key') ? range!.start - 1 : range!.start;
}

function placed(text: string, at: number, what: string): string {
  const before = text.slice(0, Math.max(0, at));
  const line = before.split('\n').length;
  const column = at - (before.lastIndexOf('\n') + 1);
  const shown = text.split('\n')[line - 1] ?? '';
  return `${line}:${column + 1}: ${what}\n | ${shown}\n | ${'.'.repeat(Math.max(0, column))}^`;
}

function compileWords(summary: string): string {
  const variable = /^Unknown variable: (.+)$/s.exec(summary);
  if (variable) return `undeclared reference to '${variable[1]}' (in container '')`;
  const field = /^No such key: (.+)$/s.exec(summary);
  if (field) return `undefined field '${field[1]}'`;
  const call = /^found no matching overload for '(?:([^'()]+)\.)?([\w-]+)\((.*)\)'$/s.exec(summary);
  if (call) {
    const [, receiver, name, args] = call;
    const applied = receiver === undefined ? `(${args})` : `${receiver}.(${args})`;
    return `found no matching overload for '${name}' applied to '${applied}'`;
  }
  const operator = /^no such overload: (.+?) (==|!=|<=|>=|<|>|\+|-|\*|\/|%|in) (.+)$/s.exec(summary);
  if (operator) {
    const [, left, name, right] = operator;
    const shown = name === 'in' ? '@in' : `_${name}_`;
    return `found no matching overload for '${shown}' applied to '(${left}, ${right})'`;
  }
  return summary;
}

/** Why an evaluation failed. */
export function runtimeError(error: unknown): unknown {
  if (!(error instanceof Error) || (error as Failure).summary === undefined) return error;
  const summary = (error as Failure).summary!;
  const bounds = /^No such key: index out of bounds, index (-?\d+)/.exec(summary);
  if (bounds) return new Error(`index out of bounds: ${bounds[1]}`, { cause: error });
  const what = /^(no such overload|found no matching overload)/.test(summary)
    ? 'no such overload'
    : summary.replace(/^No such key: /, 'no such key: ');
  return new Error(what, { cause: error });
}

function firstLineOf(text: string): string {
  return text.split('\n')[0] ?? '';
}
