import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { createFlowMetrics } from './metrics.ts';

test('createFlowMetrics() counts requests of a flow, and how many are being answered', (t) => {
  const metrics = createMetrics();
  const flow = createFlowMetrics(metrics)('system', 'system-nodes');
  flow.began();
  flow.began();
  flow.ended(false, 300);
  const about = 'priority_level="system",flow_schema="system-nodes"';
  const text = metrics.render();
  t.true(text.includes(`apiserver_flowcontrol_dispatched_requests_total{${about}} 2\n`));
  t.true(text.includes(`apiserver_flowcontrol_current_executing_requests{${about}} 1\n`));
  t.true(text.includes(`apiserver_flowcontrol_request_execution_seconds_sum{${about},type="regular"} 0.3\n`));
  t.false(text.includes('type="watch"'));
});

test('createFlowMetrics() tells watches apart, and goes on where a flow is made anew', (t) => {
  const metrics = createMetrics();
  const countsOf = createFlowMetrics(metrics);
  const before = countsOf('system', 'system-nodes');
  before.began();
  const after = countsOf('system', 'system-nodes');
  after.began();
  after.ended(true, 10);
  before.ended(false, 10);
  const about = 'priority_level="system",flow_schema="system-nodes"';
  const text = metrics.render();
  t.true(text.includes(`apiserver_flowcontrol_current_executing_requests{${about}} 0\n`));
  t.true(text.includes(`apiserver_flowcontrol_request_execution_seconds_count{${about},type="watch"} 1\n`));
});
