import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { createWebhookMetrics, type WebhookOutcome } from './metrics.ts';

const counts = test.macro<[WebhookOutcome, ...(readonly string[])]>({
  title: (title) => `createWebhookMetrics() counts a webhook that ${title}`,
  exec(t, outcome, ...expected) {
    const metrics = createMetrics();
    createWebhookMetrics(metrics).answered({ name: 'a', operation: 'CREATE', isMutating: true, tookMs: 1 }, outcome);
    const lines = metrics
      .render()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('duration'));
    t.deepEqual(lines, expected);
  },
});
const total = (code: number, rejected: boolean) =>
  `apiserver_admission_webhook_request_total{code="${code}",name="a",operation="CREATE",rejected="${rejected}",type="admit"} 1`;
const rejection = (error: string, code: number) =>
  `apiserver_admission_webhook_rejection_count{error_type="${error}",name="a",operation="CREATE",rejection_code="${code}",type="admit"} 1`;

test('allows', counts, { is: 'allowed' }, total(200, false));
test('denies', counts, { is: 'denied', code: 403 }, total(403, true), rejection('no_error', 403));
test('denies by a strange code', counts, { is: 'denied', code: 999 }, total(600, true), rejection('no_error', 600));
test(
  'cannot be asked',
  counts,
  { is: 'failed', isIgnored: false },
  total(503, true),
  rejection('calling_webhook_error', 503),
);
test(
  'cannot be asked and need not be',
  counts,
  { is: 'failed', isIgnored: true },
  total(503, false),
  'apiserver_admission_webhook_fail_open_count{name="a",type="admit"} 1',
);
