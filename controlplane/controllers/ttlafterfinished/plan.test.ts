import test from 'ava';
import type { Job } from '#lib/api/types/batch.v1.ts';
import { expiresInMs } from './plan.ts';

const nowMs = Date.UTC(2026, 0, 1);
const done: Job = {
  metadata: { name: 'a' },
  spec: { ttlSecondsAfterFinished: 10, template: { metadata: { name: '' }, spec: { containers: [] } } },
  status: {
    conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: new Date(nowMs - 4_000).toISOString() }],
  },
};

test('expiresInMs() counts from the end of the Job', (t) => {
  t.is(expiresInMs(done, nowMs), 6_000);
  t.is(expiresInMs(done, nowMs + 60_000), 0);
});

test('expiresInMs() leaves Jobs that run, or say nothing, alone', (t) => {
  t.is(expiresInMs({ ...done, status: {} }, nowMs), undefined);
  t.is(expiresInMs({ ...done, spec: { template: done.spec!.template } }, nowMs), undefined);
});
