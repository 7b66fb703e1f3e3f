import test from 'ava';
import { firstVerdict, hasGivenUp, nextVerdict, type ProbeKind, type ProbeOutcome } from './verdict.ts';

const after = (kind: ProbeKind, outcomes: readonly ProbeOutcome[], thresholds = {}) =>
  outcomes.reduce((verdict, outcome) => nextVerdict(verdict, outcome, thresholds), firstVerdict(kind));

const says = test.macro<[ProbeKind, string, object, boolean, boolean]>({
  title: (_title, kind, row) => `${kind}: ${row}`,
  exec(t, kind, row, thresholds, isGood, isOver) {
    const outcomes = [...row].map((c): ProbeOutcome => (c === '+' ? 'success' : c === '-' ? 'failure' : 'unknown'));
    const verdict = after(kind, outcomes, thresholds);
    t.is(verdict.isGood, isGood);
    t.is(hasGivenUp(kind, verdict, thresholds), isOver);
  },
});

test(says, 'readiness', '', {}, false, false);
test(says, 'readiness', '+', {}, true, false);
test(says, 'readiness', '+--', {}, true, false);
test(says, 'readiness', '+---', {}, false, false);
test(says, 'readiness', '---+', { successThreshold: 2 }, false, false);
test(says, 'readiness', '---++', { successThreshold: 2 }, true, false);
test(says, 'liveness', '', {}, true, false);
test(says, 'liveness', '--', {}, true, false);
test(says, 'liveness', '--+--', {}, true, false);
test(says, 'liveness', '---', {}, false, true);
test(says, 'liveness', '-?--', {}, false, true);
test(says, 'liveness', '-', { failureThreshold: 1 }, false, true);
test(says, 'startup', '--+', {}, true, false);
test(says, 'startup', '---', {}, false, true);
