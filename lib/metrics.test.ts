import test from 'ava';
import { createMetrics } from './metrics.ts';

test('createMetrics() renders counters, gauges and histograms', (t) => {
  const metrics = createMetrics();
  const seen = metrics.counter('seen_total', 'What was seen.', ['what']);
  seen.add(['a "b"']);
  seen.of(['a "b"'])(2);
  const depth = metrics.gauge('depth', 'How deep.', []);
  depth.set([], 2);
  depth.of([])(1);
  const took = metrics.histogram('took_seconds', 'How long.', ['verb'], [0.1, 1]);
  took.observe(['get'], 0.05);
  took.of(['get'])(5);
  t.is(
    metrics.render(),
    `# HELP seen_total What was seen.
# TYPE seen_total counter
seen_total{what="a \\"b\\""} 3
# HELP depth How deep.
# TYPE depth gauge
depth 3
# HELP took_seconds How long.
# TYPE took_seconds histogram
took_seconds_bucket{verb="get",le="0.1"} 1
took_seconds_bucket{verb="get",le="1"} 1
took_seconds_bucket{verb="get",le="+Inf"} 2
took_seconds_sum{verb="get"} 5.05
took_seconds_count{verb="get"} 2
`,
  );
});

test('createMetrics() lets two count in one metric', (t) => {
  const metrics = createMetrics();
  for (const by of [1, 2]) metrics.counter('seen_total', 'What was seen.', []).add([], by);
  t.regex(metrics.render(), /^seen_total 3$/m);
});

test('createMetrics() counts what it has been told before under the same series, and what was forgotten anew', (t) => {
  const metrics = createMetrics();
  const seen = metrics.counter('seen_total', 'Seen.', ['verb', 'name']);
  for (const name of ['a', 'b', 'a']) seen.add(['get', name]);
  t.regex(metrics.render(), /\{verb="get",name="a"\} 2\nseen_total\{verb="get",name="b"\} 1\n/);
  metrics.forget({ name: 'a' });
  seen.add(['get', 'a']);
  t.regex(metrics.render(), /\{verb="get",name="b"\} 1\nseen_total\{verb="get",name="a"\} 1\n/);
});

test('createMetrics() counts on under labels that were written once, so many at a time, also after they were forgotten', (t) => {
  const metrics = createMetrics();
  const seen = metrics.counter('seen_total', 'Seen.', ['name']).of(['a']);
  const took = metrics.histogram('took_seconds', 'Took.', ['name'], [1, 2]).of(['a']);
  seen(2);
  took(1.5, 3);
  took(Number.NaN);
  t.regex(metrics.render(), /^seen_total\{name="a"\} 2$/m);
  t.regex(metrics.render(), /le="1"\} 0\n.*le="2"\} 3\n.*le="\+Inf"\} 4\n/);
  metrics.forget({ name: 'a' });
  t.notRegex(metrics.render(), /name="a"/);
  seen();
  took(3);
  t.regex(metrics.render(), /^seen_total\{name="a"\} 1$/m);
  t.regex(metrics.render(), /^took_seconds_sum\{name="a"\} 3$/m);
});
