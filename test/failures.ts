/** What ava's text tells of failures: its own account behind the list of tests, at most `limit` characters; '' where nothing failed. */
export function failureReport(text: string, limit: number): string {
  const lines = text.split('\n');
  const rule = lines.findIndex((line) => /^\s*─+\s*$/.test(line));
  const named = lines.filter((line) => /^\s*✘ /.test(line)).map((line) => line.trim());
  const account = rule === -1 ? lines.slice(-20) : lines.slice(rule + 1);
  return shorten([...named, '', ...account].join('\n').trim(), limit);
}

/** The start says which test, the end says how it ended: what is left out stands between. */
function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  return `${text.slice(0, half)}\n[${text.length - 2 * half} characters left out]\n${text.slice(-half)}`;
}
