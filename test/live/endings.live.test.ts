// Pods that end in other ways than their makers meant, and what their statuses say of it.
import { existsSync } from 'node:fs';
import test from 'ava';
import { pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { eventually } from './cluster.ts';
import { forever, main, openPodLab, type PodLab } from './pods.ts';

const deaf = ['sh', '-c', 'trap "" TERM; while :; do sleep 0.2; done'];
let lab: PodLab;
test.before(async () => {
  lab = await openPodLab('endings');
});
test.after.always(() => lab?.close());

const stateOf = ({ status }: Pod) => status.containerStatuses?.[0]?.state;
const conditionOf = ({ status }: Pod, name: string) => status.conditions?.find(({ type }) => type === name);

test('a probe has its own grace period, shorter than the pod’s', async (t) => {
  const livenessProbe = {
    exec: { command: ['false'] },
    periodSeconds: 1,
    failureThreshold: 1,
    terminationGracePeriodSeconds: 1,
  };
  const containers = [main({ command: deaf, livenessProbe })];
  await lab.create('probed', { containers, terminationGracePeriodSeconds: 60 });
  const pod = await lab.when(
    'probed',
    'restarted',
    ({ status }) => status.containerStatuses?.[0]?.restartCount === 1,
    20_000,
  );
  t.is(pod.status.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 137);
  const now = { gracePeriodSeconds: 0 };
  await lab.client.delete(pods, { namespace: lab.namespace, name: 'probed' }, AbortSignal.timeout(10_000), now);
});

test('a pod that is out of time has failed only when nothing of it runs any more', async (t) => {
  const spec = { activeDeadlineSeconds: 2, terminationGracePeriodSeconds: 3 };
  await lab.create('late', { ...spec, containers: [main({ command: deaf })] });
  await lab.when('late', 'running', ({ status }) => status.phase === 'Running');
  const pod = await lab.when('late', 'failed', ({ status }) => status.phase === 'Failed');
  t.is(pod.status.reason, 'DeadlineExceeded');
  t.is(stateOf(pod)?.terminated?.exitCode, 137);
  t.is(conditionOf(pod, 'Ready')?.reason, 'PodFailed');
  await lab.remove('late');
});

test('a hook by TCP is none, and says so', async (t) => {
  const containers = [main({ lifecycle: { postStart: { tcpSocket: { port: 80 } } } })];
  const pod = await lab.create('hooked', { containers });
  const isHeld = (now: Pod) => /^(PostStartHookError|CrashLoopBackOff)$/.test(stateOf(now)?.waiting?.reason ?? '');
  await lab.when('hooked', 'refused', isHeld);
  await eventually('the event', async () => (await lab.reasonsFor(pod)).has('FailedPostStartHook'));
  t.pass();
  await lab.remove('hooked');
});

test('a profile of AppArmor is refused where there is no AppArmor, and enforced where there is', async (t) => {
  const containers = [main({ command: forever, securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } })];
  await lab.create('profiled', { containers });
  const isThere = existsSync('/sys/module/apparmor/parameters/enabled');
  const pod = await lab.when('profiled', 'decided', ({ status }) => status.phase === (isThere ? 'Running' : 'Failed'));
  t.is(pod.status.reason, isThere ? undefined : 'AppArmor');
  await lab.remove('profiled');
});
