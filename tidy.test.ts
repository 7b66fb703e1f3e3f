// Holds the style that no linter knows: layers, circles, purity, length, and what is banned and why.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = dirname(fileURLToPath(import.meta.url));

/** Folder > folders of ours that it may import, besides itself. */
const layers: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  cri: ['lib'],
  cni: ['lib'],
  csi: ['lib'],
  agent: ['lib', 'cri', 'cni', 'csi'],
  controlplane: ['lib', 'csi'],
  vagrant: ['lib'],
  cli: ['lib', 'agent', 'controlplane', 'vagrant'],
  test: ['lib', 'cri', 'cni', 'csi', 'agent', 'controlplane', 'vagrant', 'cli'],
};

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources = walk('').map((path): Source => {
  const text = readFileSync(join(root, path), 'utf8');
  const found = [...text.matchAll(/^(?:import|export)[^'"]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm)];
  return { path, text, imports: found.map((match) => match[1] ?? match[2] ?? match[3]!) };
});
const code = sources.filter(({ path }) => !/\.test\.ts$|(^|\/)(suite|fake)\.ts$/.test(path));
const isGenerated = (path: string) => path.startsWith('lib/api/types/') || path === 'lib/api/resources.ts';

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(node_modules|\..*|testdata)$/.test(entry.name) ? [] : walk(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

/** Path of an import within the project, or undefined for a package. */
function target(from: string, name: string): string | undefined {
  if (name.startsWith('#')) return name.slice(1);
  return name.startsWith('.') ? normalize(join(dirname(from), name)) : undefined;
}

function wrong(
  t: { deepEqual(actual: unknown, expected: unknown, message?: string): unknown },
  rows: readonly string[],
) {
  t.deepEqual(rows, []);
}

test('tidy: every folder imports only what its layer may', (t) => {
  const rows = sources.flatMap(({ path, imports }) => {
    const top = path.split('/')[0]!;
    const allowed = layers[top];
    if (allowed === undefined) return path === 'tidy.test.ts' ? [] : [`${path}: ${top} has no layer`];
    return imports.flatMap((name) => {
      const to = target(path, name)?.split('/')[0];
      return to === undefined || to === top || allowed.includes(to) ? [] : [`${path} imports ${name}`];
    });
  });
  wrong(t, rows);
});

test('tidy: no import goes round in a circle', (t) => {
  const values = new Map(
    code.map(({ path, text }) => {
      const found = [...text.matchAll(/^(?:import|export) (?!type\b)[^'"]*?from '([^']+)'/gm)];
      return [path, found.flatMap((match) => target(path, match[1]!) ?? [])];
    }),
  );
  const done = new Set<string>();
  const rows: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      rows.push([...trail.slice(trail.indexOf(path)), path].join(' > '));
      return;
    }
    if (done.has(path)) return;
    for (const next of values.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of values.keys()) visit(path, []);
  wrong(t, rows);
});

test('tidy: pure files know no clock, no node module and no waiting', (t) => {
  const isPure = (path: string) =>
    /(^|\/)(plan|render|stage|status|validate|default|answer)(-[a-z-]+)?\.ts$/.test(path);
  const rows = code
    .filter(({ path }) => isPure(path))
    .filter(({ path }) => !path.startsWith('cli/') && !path.startsWith('lib/api/generate/'))
    .flatMap(({ path, text, imports }) => [
      ...imports
        .filter((name) => name.startsWith('node:') && !pureModules.has(name))
        .map((name) => `${path} imports ${name}`),
      ...(/\bawait\b/.test(stripComments(text)) ? [`${path} waits`] : []),
    ]);
  wrong(t, rows);
});
const pureModules = new Set(['node:crypto', 'node:net']); // hashing, and net.isIP

test('tidy: no file is longer than 300 lines', (t) => {
  const rows = code
    .filter(({ path }) => !isGenerated(path))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > 300)
    .map(({ path, lines }) => `${path}: ${lines} lines`);
  wrong(t, rows);
});

/** What may not stand in code, where it may after all, and why not elsewhere. */
const bans: readonly { readonly what: RegExp; readonly where: RegExp; readonly why: string }[] = [
  {
    what: /\bDate\.now\(|(?<!socket\.)\bsetTimeout\(|\bnew Date\(\)/, // a socket's own is real time by nature
    where: /^(lib\/clock\.ts|lib\/log\.ts|cli\/|test\/)/,
    why: 'time has one door: lib/clock.ts',
  },
  {
    what: /\bMath\.random\(/,
    where: /^(lib\/backoff\.ts|test\/)/,
    why: 'chance is passed in, or comes from node:crypto',
  },
  {
    what: /^import (?!type).*from 'node:http';/m,
    where: /^test\/|\.test\.ts$/,
    why: 'it loads fetch and WebSocket, too: lib/http.ts',
  },
  { what: /^export default/m, where: /^$/, why: 'one name for one thing' },
  { what: /^\s*(export )?(const )?enum /m, where: /^$/, why: 'string unions instead' },
  { what: /\bTODO\b|\bFIXME\b|\bXXX\b/, where: /^$/, why: 'what is left to do is an issue' },
  { what: /extends EventEmitter/, where: /^$/, why: 'keys and facts travel between modules, not events' },
  { what: /\bconsole\./, where: /^$/, why: 'there is a log' },
];

for (const { what, where, why } of bans) {
  test(`tidy: ${what.source} is not used (${why})`, (t) => {
    const rows = code
      .filter(({ path }) => path !== 'tidy.test.ts' && !where.test(path))
      .filter(({ text }) => what.test(stripComments(text)))
      .map(({ path }) => path);
    wrong(t, rows);
  });
}

test('tidy: no test skips itself', (t) => {
  const rows = sources
    .filter(
      ({ path, text }) =>
        path !== 'tidy.test.ts' && /\btest(\.serial)?\.(skip|todo|failing|only)\b|\bt\.skip\b/.test(text),
    )
    .map(({ path }) => path);
  wrong(t, rows);
});

function stripComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
}
