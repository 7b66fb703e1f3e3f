// The command as a whole, with a suite that only plays one.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import test from 'ava';
import { execa } from 'execa';

const main = new URL('main.ts', import.meta.url).pathname;
const names = {
  good: '[sig-node] Pods should be good [Conformance]',
  flaky: '[sig-node] Pods should pass alone [Conformance]',
  broken: '[sig-node] Pods should be broken [Conformance]',
  other: '[sig-apps] Jobs should not be asked for [Conformance]',
};

/** Writes what upstream's suite would: one JUnit file with the specs that its focus matches. */
const suite = `#!${process.execPath}
const { existsSync, writeFileSync } = require('node:fs');
const flag = (name) => process.argv.find((word) => word.startsWith('--' + name + '='))?.slice(name.length + 3);
const focus = new RegExp(flag('ginkgo.focus'));
const isDry = process.argv.includes('--ginkgo.dryRun');
const names = ${JSON.stringify(names)};
const fails = (name) => {
  if (isDry || name === names.good) return false;
  if (name === names.broken) return true;
  const mark = __filename + '.ran';
  if (existsSync(mark)) return false;
  writeFileSync(mark, '');
  return true;
};
const cases = Object.values(names).map((name) => {
  const inner = !focus.test(name) ? '<skipped/>' : fails(name) ? '<failure>it broke</failure>' : '';
  return '<testcase name="' + name + '">' + inner + '</testcase>';
});
writeFileSync(flag('report-dir') + '/junit_01.xml', '<testsuite>' + cases.join('') + '</testsuite>');
process.exit(cases.some((one) => one.includes('<failure>')) ? 1 : 0);
`;

function setUp(t: { teardown(undo: () => void): void }) {
  const folder = mkdtempSync(`${tmpdir()}/skiff-conformance-test.`);
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(`${folder}/suite.cjs`, suite);
  chmodSync(`${folder}/suite.cjs`, 0o755);
  const cluster = { name: 'none', cluster: { server: 'https://127.0.0.1:1' } };
  const context = { name: 'none', context: { cluster: 'none', user: 'none' } };
  const users = [{ name: 'none', user: {} }];
  const config = { clusters: [cluster], contexts: [context], users, 'current-context': 'none' };
  writeFileSync(`${folder}/kubeconfig`, JSON.stringify(config));
  mkdirSync(`${folder}/out`);
  return (...words: readonly string[]) => {
    writeFileSync(`${folder}/list`, `${names.good}\n${names.flaky}\n${names.broken}\n`);
    const fixed = ['--suite', `${folder}/suite.cjs`, '--kubeconfig', `${folder}/kubeconfig`, '--out', `${folder}/out`];
    return {
      done: execa(process.execPath, [main, ...fixed, '--spec', `${folder}/list`, ...words], {
        reject: false,
        all: true,
      }),
      table: () => readFileSync(`${folder}/out/results.tsv`, 'utf8'),
    };
  };
}

test('conformance --again runs a fault once more and leaves it one, and names a flake', async (t) => {
  const run = setUp(t)('--again');
  const { all = '', exitCode } = await run.done;
  t.is(exitCode, 1);
  t.true(all.includes(`once more, alone: ${names.flaky}`), all);
  t.true(all.includes(`once more, alone: ${names.broken}`));
  t.true(all.includes(`A flake, which passed alone: ${names.flaky}`));
  t.false(all.includes(names.other));
  t.regex(all, /\n2 passed, 1 failed$/);
  const rows = run.table();
  t.is(rows.split(names.broken).length, 2, 'a spec stands in the table once');
  t.regex(rows, /pass alone \[Conformance\]\tpass/);
});

test('conformance without --again fails at what failed first', async (t) => {
  const { all = '', exitCode } = await setUp(t)().done;
  t.is(exitCode, 1);
  t.regex(all, /\n1 passed, 2 failed$/);
});

test('conformance passes where all that was asked for does', async (t) => {
  const { all = '', exitCode } = await setUp(t)('--skip', 'broken', '--again').done;
  t.is(exitCode, 0);
  t.regex(all, /\n2 passed, 0 failed$/);
});
