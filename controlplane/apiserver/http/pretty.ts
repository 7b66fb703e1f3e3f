/**
 * Indented JSON for people: two spaces, keys in the order they have. Works on the text, so that no number is touched.
 * Rule: upstream indents where `pretty` asks for it, and for curl, Wget and browsers where nothing is said.
 */
export function indentJson(text: string): string {
  const out: string[] = [];
  let depth = 0;
  let from = 0;
  const newLine = () => out.push(`\n${'  '.repeat(depth)}`);
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"') {
      at = endOfString(text, at);
      continue;
    }
    if (letter === '{' || letter === '[') {
      const closing = letter === '{' ? '}' : ']';
      if (text[at + 1] === closing) {
        at += 1; // empty: stays as it is
        continue;
      }
      out.push(text.slice(from, at + 1));
      depth += 1;
      newLine();
    } else if (letter === '}' || letter === ']') {
      out.push(text.slice(from, at));
      depth -= 1;
      newLine();
      out.push(letter);
    } else if (letter === ',') {
      out.push(text.slice(from, at + 1));
      newLine();
    } else if (letter === ':') {
      out.push(`${text.slice(from, at)}: `);
    } else continue;
    from = at + 1;
  }
  out.push(text.slice(from));
  return out.join('');
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** Whether an answer is to be indented. */
export function wantsPretty(query: URLSearchParams, userAgent: string | undefined): boolean {
  const said = query.get('pretty');
  if (said !== null) return said !== 'false' && said !== '0';
  return /^(curl|Wget|Mozilla\/5.0)/.test(userAgent ?? '');
}
