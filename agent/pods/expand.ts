/**
 * Replaces each `$(NAME)` by what `lookup` says of NAME; leaves it as it stands where that is `undefined`. `$$` is a plain `$`.
 *
 * Rule: "Define dependent environment variables", and the reference syntax of container command and args.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text;
  let result = '';
  for (let at = 0; at < text.length; at++) {
    const next = text[at + 1];
    const close = next === '(' ? text.indexOf(')', at + 2) : -1;
    if (text[at] !== '$' || next === undefined) {
      result += text[at];
    } else if (next === '$') {
      result += '$';
      at += 1;
    } else if (close !== -1) {
      const name = text.slice(at + 2, close);
      result += lookup(name) ?? `$(${name})`;
      at = close;
    } else {
      result += `$${next}`;
      at += 1;
    }
  }
  return result;
}
