// `node test/conformance/table462.ts`: writes docs/conformance.md, each spec of v1.37 and by what Skiff is held to it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readGreen } from './green.ts';
import { type CurrentSpec, type Held, holdersOf, parseCurrent } from './held.ts';
import { areaOf } from './spec.ts';

const here = import.meta.dirname;
const modernFolder = `${here}/modern`;

const current = parseCurrent(readFileSync(`${here}/conformance-1.37.tsv`, 'utf8'));
const modern = readdirSync(modernFolder)
  .filter((name) => name.endsWith('.live.test.ts'))
  .map((file) => ({ file, text: readFileSync(`${modernFolder}/${file}`, 'utf8') }));
const rows = holdersOf(current, { green: readGreen(), modern });
writeFileSync(`${here}/../../docs/conformance.md`, render(rows));
process.stdout.write(`${summary(rows)}\n`);

interface Row {
  readonly spec: CurrentSpec;
  readonly held: Held;
}

function summary(of: readonly Row[]): string {
  const count = (by: Held['by']) => of.filter(({ held }) => held.by === by).length;
  return `${of.length} specs: ${count('upstream')} by upstream's own of v1.20, ${count('ours')} by ours, ${count('missing')} missing`;
}

function render(all: readonly Row[]): string {
  const areas = [...Map.groupBy(all, ({ spec }) => areaOf(spec.codename))].sort(([a], [b]) => a.localeCompare(b));
  const parts = areas.map(([area, of]) => {
    const lines = of.map(({ spec, held }) => `| ${cell(spec.codename)} | ${spec.release} | ${cell(said(held))} |`);
    return [`## ${area}`, '', summary(of), '', '| spec | since | held to it by |', '|---|---|---|', ...lines].join(
      '\n',
    );
  });
  const head = [
    '# Conformance',
    '',
    `Each conformance spec of Kubernetes v1.37, and what holds Skiff to it. ${summary(all)}.`,
    '',
    "`1.20`: upstream's own spec, as v1.20.2 has it, passes (`test/conformance/green.txt`). A file's name: a test of ours of the",
    'same title, written from the rule; those that passed stand in `test/conformance/modern/green.txt`, and `npm test -- --modern`',
    'fails if one no longer does. Made by `node test/conformance/table462.ts`. What the old suite expects and today no longer',
    'holds stands in `test/conformance/outdated.md`.',
  ];
  return `${[head.join('\n'), ...parts].join('\n\n')}\n`;
}

function said(held: Held): string {
  if (held.by === 'upstream') return '1.20';
  return held.by === 'ours' ? held.file : '**missing**';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
