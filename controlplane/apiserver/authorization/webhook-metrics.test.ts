import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { lateDecisionsCounted } from './metrics.ts';
import { askMeasured } from './webhook-metrics.ts';

const ends = test.macro<[Error, boolean, ...(readonly string[])]>({
  title: (title) => `askMeasured() counts ${title}`,
  async exec(t, error, isCanceled, ...expected) {
    const metrics = createMetrics();
    const ask = askMeasured('a', async () => Promise.reject(error), metrics);
    const signal = isCanceled ? AbortSignal.abort() : new AbortController().signal;
    t.is(await t.throwsAsync(ask({}, signal)), error);
    const lines = metrics.render().matchAll(/^apiserver_authorization_webhook_(.*_total\{.*)$/gm);
    t.deepEqual(
      [...lines].map(([, line]) => line),
      expected,
    );
  },
});
const total = (result: string) => `evaluations_total{name="a",result="${result}"} 1`;
const open = (result: string) => `evaluations_fail_open_total{name="a",result="${result}"} 1`;
const late = new DOMException('late', 'TimeoutError');

test('what goes wrong', ends, new Error('no'), false, total('error'), open('error'));
test('what takes too long', ends, late, false, total('timeout'), open('timeout'));
test(
  'what takes too long for a request',
  ends,
  new Error('aborted', { cause: late }),
  false,
  total('timeout'),
  open('timeout'),
);
test('what nobody waits for any more', ends, new Error('aborted'), true, total('canceled'));

test('lateDecisionsCounted() counts what is denied apart from what is not allowed', async (t) => {
  const metrics = createMetrics();
  const { signal } = new AbortController();
  for (const decision of [
    { isAllowed: true, reason: '' },
    { isAllowed: false, reason: '' },
    { isAllowed: false, isDenied: true, reason: '' },
  ]) {
    await lateDecisionsCounted('a', async () => decision, metrics)({} as never, signal);
  }
  const lines = metrics.render().match(/^apiserver_authorization_decisions_total\{.*$/gm);
  t.deepEqual(lines, [
    'apiserver_authorization_decisions_total{type="Webhook",name="a",decision="allowed"} 1',
    'apiserver_authorization_decisions_total{type="Webhook",name="a",decision="denied"} 1',
  ]);
});
