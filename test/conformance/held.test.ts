import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { modernGreenFile, readGreen } from './green.ts';
import { holdersOf, parseCurrent } from './held.ts';

const specs = [{ codename: "[sig-node] Containers should not 'skip-me' [Conformance]", release: 'v1.28' }];

test('holdersOf() knows a spec of v1.20 by its words, whatever its tags', (t) => {
  const green = ["[k8s.io] Containers should not 'skip-me' [NodeConformance] [Conformance]"];
  t.like(holdersOf(specs, { green, modern: [] })[0]?.held, { by: 'upstream', name: green[0] });
});

test('holdersOf() knows a spec of ours by its whole title, and takes it first', (t) => {
  const [{ codename }] = specs as [(typeof specs)[0]];
  const modern = [
    { file: 'a.live.test.ts', text: `spec("${codename} and more", …` },
    { file: 'b.live.test.ts', text: `spec("${codename}", …` },
  ];
  t.deepEqual(holdersOf(specs, { green: [codename], modern })[0]?.held, { by: 'ours', file: 'b.live.test.ts' });
});

test('holdersOf() says what is missing', (t) => {
  t.deepEqual(holdersOf(specs, { green: [], modern: [] })[0]?.held, { by: 'missing' });
});

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const ours = readdirSync(new URL('modern', import.meta.url))
  .filter((name) => name.endsWith('.live.test.ts'))
  .map((file) => ({ file, text: read(`modern/${file}`) }));

test('every spec of v1.37 is held, and each that came after v1.20 by one of ours', (t) => {
  const rows = holdersOf(parseCurrent(read('conformance-1.37.tsv')), { green: readGreen(), modern: ours });
  const isNew = (release: string) => Number(/^v1\.(\d+)/.exec(release)?.[1]) > 20;
  const wrong = rows.filter(({ spec, held }) => held.by === 'missing' || (isNew(spec.release) && held.by !== 'ours'));
  t.deepEqual(
    wrong.map(({ spec }) => spec.codename),
    [],
  );
});

test('no spec of ours that once passed is gone', (t) => {
  const specs = readGreen(modernGreenFile).map((codename) => ({ codename, release: '' }));
  const gone = holdersOf(specs, { green: [], modern: ours }).filter(({ held }) => held.by !== 'ours');
  t.deepEqual(
    gone.map(({ spec }) => spec.codename),
    [],
  );
});

test('every spec of v1.37 that was in v1.20 is found by its name there, but three that were no conformance yet', (t) => {
  const green = read('upstream-1.20.2.tsv')
    .split('\n')
    .map((line) => line.split('\t')[0]!);
  const old = parseCurrent(read('conformance-1.37.tsv')).filter(({ release }) => {
    return Number(/^v1\.(\d+)/.exec(release)?.[1]) <= 20;
  });
  const missing = holdersOf(old, { green, modern: [] }).filter(({ held }) => held.by === 'missing');
  t.true(missing.every(({ spec }) => spec.codename.includes('RuntimeClass')));
  t.is(missing.length, 3);
});
