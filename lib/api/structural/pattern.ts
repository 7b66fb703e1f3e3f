/**
 * A pattern in Go's syntax as an expression of this language; undefined if it is none that Go would take.
 *
 * What only a backtracking engine can do (look-around, references) is refused, as RE2 refuses it. Whoever runs these on
 * values of others sees to it that the engine is a linear one.
 */
export function compilePattern(pattern: string): RegExp | undefined {
  const known = compiled.get(pattern);
  if (known !== undefined) return known ?? undefined;
  const made = compile(pattern);
  if (compiled.size >= most) compiled.clear();
  compiled.set(pattern, made);
  return made;
}
const compiled = new Map<string, RegExp | undefined>();
/** Above it all are forgotten: they are made again when they are met again. */
const most = 2000;

function compile(pattern: string): RegExp | undefined {
  if (/\(\?(?:=|!|<=|<!)|\\[1-9]|\\k</.test(pattern)) return undefined;
  const [, flags = '', rest = ''] = /^(?:\(\?([is]+)\))?([\s\S]*)$/.exec(pattern) ?? [];
  const text = rest
    .replaceAll('(?P<', '(?<')
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
    .replace(/\[:(\^?)(\w+):\]/g, (whole, not: string, name: string) =>
      not === '' ? (classes[name] ?? whole) : whole,
    );
  // Without the flag `u`, with which no engine is linear, unless the pattern needs it.
  return /\\[pP]\{/.test(text) ? expression(text, `${flags}u`) : expression(text, flags);
}

function expression(text: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(text, flags);
  } catch {
    return undefined;
  }
}

const classes: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: '\\t ',
  digit: '0-9',
  lower: 'a-z',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};
