import test from 'ava';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { exitCode, planHollowPod, runSeconds } from './plan.ts';

const nowMs = Date.UTC(2026, 0, 1);
const facts = { nowMs, hostIp: '192.0.2.1', podIp: '198.18.0.1' };

function pod(change: { metadata?: object; spec?: object; status?: object } = {}): Pod {
  return {
    metadata: { name: 'p', ...change.metadata },
    spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Always', ...change.spec },
    status: { phase: 'Pending', ...change.status },
  } as unknown as Pod;
}
const running = { phase: 'Running', startTime: '2025-12-31T23:59:58Z' };
const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z' };

test('planHollowPod() calls a new pod running and ready', (t) => {
  const step = planHollowPod(pod(), facts);
  t.is(step?.do, 'report');
  t.like(step, {
    status: { phase: 'Running', podIP: '198.18.0.1', containerStatuses: { 0: { name: 'c', ready: true } } },
  });
});

test('planHollowPod() leaves alone what runs or has ended', (t) => {
  t.is(planHollowPod(pod({ status: running }), facts), undefined);
  t.is(planHollowPod(pod({ status: { phase: 'Failed' } }), facts), undefined);
});

test('planHollowPod() lets a pod end when its time has come', (t) => {
  const timed = (seconds: string, code = '0') =>
    pod({ metadata: { annotations: { [runSeconds]: seconds, [exitCode]: code } }, status: running });
  t.deepEqual(planHollowPod(timed('5'), facts), { do: 'wait', ms: 3_000 });
  t.like(planHollowPod(timed('2'), facts), { do: 'report', status: { phase: 'Succeeded' } });
  t.like(planHollowPod(timed('2', '3'), facts), { do: 'report', status: { phase: 'Failed' } });
});

test('planHollowPod() removes what is deleted, and says before how it ended where somebody counts', (t) => {
  t.deepEqual(planHollowPod(pod({ metadata: leaving, status: running }), facts), { do: 'remove' });
  const counted = { metadata: { ...leaving, finalizers: ['x'] }, spec: { restartPolicy: 'Never' } };
  t.like(planHollowPod(pod({ ...counted, status: running }), facts), { do: 'report', status: { phase: 'Failed' } });
  t.deepEqual(planHollowPod(pod({ ...counted, status: { phase: 'Failed' } }), facts), { do: 'remove' });
});
