import test from 'ava';
import { type RunFacts, renderJunit, renderTsv, resultOf } from './result.ts';

const name = '[sig-node] Pods should "run" & <stop> [Conformance]';
const facts: RunFacts = { exitCode: 0, seconds: 3, hasTimedOut: false, output: '' };
const xmlName = '[sig-node] Pods should &#34;run&#34; &amp; &lt;stop&gt; [Conformance]';
const passed = `<testsuite><testcase name="other" time="0"><skipped></skipped></testcase><testcase name="${xmlName}" time="2"></testcase></testsuite>`;

test('resultOf() passes a spec that ran and did not fail', (t) => {
  t.is(resultOf(name, passed, facts).outcome, 'pass');
});

test('resultOf() does not count a spec that the suite skipped', (t) => {
  const junit = `<testcase name="${xmlName}"><skipped>no second node</skipped></testcase>`;
  t.like(resultOf(name, junit, facts), { outcome: 'not-run', reason: 'no second node' });
});

test('resultOf() does not count a spec that left no trace', (t) => {
  t.is(resultOf(name, undefined, { ...facts, exitCode: 1, output: 'cannot connect' }).reason, 'cannot connect');
  t.is(resultOf(name, '<testsuite></testsuite>', facts).outcome, 'not-run');
  t.is(resultOf(name, passed.replace('Pods', 'Nodes'), facts).outcome, 'not-run');
});

test('resultOf() gives the first telling line of a failure', (t) => {
  const junit = `<testcase name="${xmlName}"><failure type="Failure">/src/pods.go:12\nexpected 1 got 2</failure></testcase>`;
  t.like(resultOf(name, junit, { ...facts, exitCode: 1 }), { outcome: 'fail', reason: 'expected 1 got 2' });
});

test('resultOf() fails a spec that hung, and one whose suite ended badly', (t) => {
  t.is(resultOf(name, passed, { ...facts, hasTimedOut: true }).outcome, 'fail');
  t.is(resultOf(name, passed, { ...facts, exitCode: 2 }).outcome, 'fail');
});

test('renderJunit() gives back what resultOf() reads', (t) => {
  const result = resultOf(name, passed, facts);
  t.is(resultOf(name, renderJunit([result]), facts).outcome, 'pass');
  t.regex(renderTsv([result]), /Conformance\]\tpass\t3\.0\t\n/);
});
