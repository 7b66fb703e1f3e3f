// What a node does with pods that were bound to it and do not fit.
import test from 'ava';
import { pods } from '#lib/api/resources.ts';
import type { PodSpec } from '#lib/api/types/core.v1.ts';
import { eventually, testCluster } from './cluster.ts';
import { isPhase, isReady, main, openPodLab, type PodLab, signal } from './pods.ts';

let lab: PodLab;
test.before(async () => {
  lab = await openPodLab('admission');
});
test.after.always(() => lab.close());

const here = () => ({ nodeName: testCluster().layout.nodes[0]!.name });
const sysctl = (name: string, value: string): Partial<PodSpec> => ({
  securityContext: { sysctls: [{ name, value }] },
});

for (const [name, spec, reason, message] of [
  ['cpu', { containers: [main({ resources: { requests: { cpu: '1k' } } })] }, 'OutOfcpu', /requested: 1000000, used: /],
  ['memory', { containers: [main({ resources: { requests: { memory: '1Pi' } } })] }, 'OutOfmemory', /capacity: \d+$/],
  ['selector', { nodeSelector: { nothing: 'like-this' } }, 'NodeAffinity', /^Pod was rejected: Predicate NodeAffinity/],
  ['sysctl', sysctl('kernel.msgmax', '65536'), 'SysctlForbidden', /"kernel.msgmax" not allowlisted$/],
] as const) {
  test(`a pod that names its node and does not fit fails: ${name}`, async (t) => {
    await lab.create(name, { ...here(), ...spec });
    const pod = await lab.when(name, 'refused', isPhase('Failed'));
    t.is(pod.status.reason, reason);
    t.regex(pod.status.message ?? '', message);
    t.is(pod.status.containerStatuses, undefined);
    t.truthy(pod.status.startTime);
    t.is(pod.status.observedGeneration, pod.metadata.generation);
    await lab.remove(name);
  });
}

test('a port of the node is given to one pod only', async (t) => {
  const taking = { ...here(), containers: [main({ ports: [{ containerPort: 80, hostPort: 31_999 }] })] };
  await lab.create('first', taking);
  await lab.when('first', 'ready', isReady);
  const second = await lab.create('second', taking);
  const { status } = await lab.when('second', 'refused', isPhase('Failed'));
  t.is(status.reason, 'NodePorts');
  await eventually('its event', async () => (await lab.reasonsFor(second)).has('NodePorts'));
  await lab.remove('second');
  await lab.remove('first');
});

test('safe sysctls are set, with slashes, too', async (t) => {
  const command = ['cat', '/proc/sys/net/ipv4/tcp_fin_timeout', '/proc/sys/kernel/shm_rmid_forced'];
  await lab.create('safe', {
    restartPolicy: 'Never',
    containers: [main({ command })],
    securityContext: {
      sysctls: [
        { name: 'net/ipv4/tcp_fin_timeout', value: '17' },
        { name: 'kernel.shm_rmid_forced', value: '1' },
      ],
    },
  });
  await lab.when('safe', 'done', isPhase('Succeeded'));
  t.is(await lab.logOf('safe'), '17\n1\n');
  await lab.remove('safe');
});

test('a refused pod does not count against the node', async (t) => {
  const room = { ...here(), containers: [main({ resources: { requests: { cpu: '1k' } } })] };
  await lab.create('too-much', room);
  await lab.when('too-much', 'refused', isPhase('Failed'));
  await lab.create('fits', here());
  await lab.when('fits', 'ready', isReady);
  await lab.client.delete(pods, { namespace: lab.namespace, name: 'too-much' }, signal());
  await lab.remove('fits');
  t.pass();
});
