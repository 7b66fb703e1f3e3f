export type Outcome = 'pass' | 'fail' | 'not-run';

export interface Result {
  readonly name: string;
  readonly outcome: Outcome;
  readonly seconds: number;
  /** One line: why it failed or did not run. Empty for a pass. */
  readonly reason: string;
  /** The whole text of a failure. */
  readonly detail: string;
}

/**
 * What one run of one spec came to, by the JUnit file that the suite wrote. Without a testcase of that very name that ran,
 * nothing is counted passed.
 */
export function resultOf(name: string, junit: string | undefined, facts: RunFacts): Result {
  const base = { name, seconds: facts.seconds };
  if (facts.hasTimedOut) {
    return {
      ...base,
      outcome: 'fail',
      reason: `hung: ended after ${Math.round(facts.seconds)} s`,
      detail: facts.output,
    };
  }
  const testcase = junit === undefined ? undefined : caseNamed(junit, name);
  if (testcase === undefined) {
    return {
      ...base,
      outcome: 'not-run',
      reason: firstLine(facts.output) || 'the suite did not run it',
      detail: facts.output,
    };
  }
  const failure = /<failure\b[^>]*>([\s\S]*?)<\/failure>/.exec(testcase);
  if (failure !== null) {
    const text = plain(failure[1]!);
    return { ...base, outcome: 'fail', reason: firstLine(text), detail: facts.output || text };
  }
  if (/<skipped\b/.test(testcase)) {
    return {
      ...base,
      outcome: 'not-run',
      reason: firstLine(plain(testcase)) || 'skipped by itself',
      detail: facts.output,
    };
  }
  if (facts.exitCode !== 0) {
    return { ...base, outcome: 'fail', reason: `the suite ended with ${facts.exitCode}`, detail: facts.output };
  }
  return { ...base, outcome: 'pass', reason: '', detail: '' };
}

export interface RunFacts {
  readonly exitCode: number;
  readonly seconds: number;
  readonly hasTimedOut: boolean;
  readonly output: string;
}

function caseNamed(junit: string, name: string): string | undefined {
  for (const match of junit.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const found = /\bname="([^"]*)"/.exec(match[1]!)?.[1];
    if (found !== undefined && plain(found).trim() === name.trim()) return match[0];
  }
  return undefined;
}

export function plain(text: string): string {
  return text
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&#(?:x([0-9a-fA-F]+)|(\d+));/g, (_, hex, dec) =>
      String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(dec)),
    )
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}

/** The first line that says something: source positions and time stamps do not. */
function firstLine(text: string): string {
  const line = text
    .split('\n')
    .map((l) => l.trim())
    .find((l) => l !== '' && !/^\S+\.go:\d+$/.test(l) && !/^[IWE]\d{4} /.test(l) && !/^\{"msg"/.test(l));
  return (line ?? '').replaceAll(/\s+/g, ' ').slice(0, 220);
}

export function renderTsv(results: readonly Result[]): string {
  const rows = results.map((r) => [r.name, r.outcome, r.seconds.toFixed(1), r.reason.replaceAll('\t', ' ')].join('\t'));
  return `${['spec\tresult\tseconds\tnote', ...rows.sort()].join('\n')}\n`;
}

export function renderJunit(results: readonly Result[]): string {
  const xml = (text: string) =>
    text
      .replaceAll(/[^\t\n\x20-\ufffd]/g, '')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;');
  const cases = results.map((r) => {
    const head = `  <testcase name="${xml(r.name)}" classname="Kubernetes e2e suite" time="${r.seconds.toFixed(3)}"`;
    if (r.outcome === 'pass') return `${head}/>`;
    const inner =
      r.outcome === 'fail'
        ? `<failure message="${xml(r.reason)}">${xml(r.detail.slice(-20_000))}</failure>`
        : `<skipped message="${xml(r.reason)}"/>`;
    return `${head}>${inner}</testcase>`;
  });
  const failures = results.filter((r) => r.outcome === 'fail').length;
  const skipped = results.filter((r) => r.outcome === 'not-run').length;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="Kubernetes e2e suite" tests="${results.length}" failures="${failures}" skipped="${skipped}">
${cases.join('\n')}
</testsuite>
`;
}
