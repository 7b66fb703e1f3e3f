import test from 'ava';
import { failureReport } from './failures.ts';

const text = `
  ✔ a › one
  ✘ [fail]: b › two It broke
  ✔ c
  ─

  b › two

  b.test.ts:3

  It broke

  ─

  1 test failed
`;

test('failureReport() names the failed tests, and tells why they did', (t) => {
  const report = failureReport(text, 1_000);
  t.true(report.startsWith('✘ [fail]: b › two It broke'));
  t.true(report.includes('b.test.ts:3'));
  t.true(report.endsWith('1 test failed'));
  t.false(report.includes('✔'));
});

test('failureReport() keeps start and end of a long account', (t) => {
  const report = failureReport(`  ✘ [fail]: long\n  ─\n${'x'.repeat(5_000)}\n  1 test failed`, 200);
  t.true(report.length < 300);
  t.true(report.startsWith('✘ [fail]: long'));
  t.regex(report, /characters left out/);
  t.true(report.endsWith('1 test failed'));
});

test('failureReport() gives the last lines of a run that ended before its account', (t) => {
  t.is(failureReport('one\nError: no such file', 100), 'one\nError: no such file');
});
