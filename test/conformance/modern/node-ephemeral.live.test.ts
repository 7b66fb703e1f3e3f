// Containers that join a running pod.
import { pods } from '#lib/api/resources.ts';
import type { EphemeralContainer } from '#lib/api/types/core.v1.ts';
import { eventually } from '../../live/cluster.ts';
import { image, isReady, type Space, shell, soon, spec } from './support/node-space.ts';

const debugger_ = (name: string): EphemeralContainer => ({
  name,
  image,
  targetContainerName: 'main',
  command: ['sh', '-c', `echo "polo from ${name}"; ps; while :; do sleep 1; done`],
});

function isRunning({ when }: Space, pod: string, name: string) {
  return when(pod, `${name} running`, ({ status }) =>
    (status.ephemeralContainerStatuses ?? []).some((one) => one.name === name && one.state?.running !== undefined),
  );
}

spec(
  '[sig-node] Ephemeral Containers will start an ephemeral container in an existing pod [Conformance] [NodeConformance]',
  async (space, t) => {
    const { client, namespace, createPod, when, logOf } = space;
    await createPod('target', { containers: [shell('exec httpd -f -p 8080')] });
    await when('target', 'ready', isReady);
    const at = { namespace, name: 'target' };
    const body = { spec: { ephemeralContainers: [debugger_('one')] } };
    await client.patch(pods, at, { type: 'strategic', body }, soon(), { subresource: 'ephemeralcontainers' });
    await isRunning(space, 'target', 'one');
    const log = await eventually('its output', async () => {
      const text = await logOf('target', 'one');
      return /httpd/.test(text) && text;
    });
    t.regex(log, /polo from one/);
  },
);

spec(
  '[sig-node] Ephemeral Containers should update the ephemeral containers in an existing pod [Conformance] [NodeConformance]',
  async (space, t) => {
    const { client, namespace, createPod, when, logOf } = space;
    await createPod('target');
    await when('target', 'ready', isReady);
    const at = { namespace, name: 'target' };
    const subresource = 'ephemeralcontainers';
    const body = { spec: { ephemeralContainers: [debugger_('one')] } };
    await client.patch(pods, at, { type: 'strategic', body }, soon(), { subresource });
    await isRunning(space, 'target', 'one');
    await eventually('an update that nothing came between', async () => {
      const now = await client.get(pods, at, soon(), { subresource });
      const ephemeralContainers = [...(now.spec.ephemeralContainers ?? []), debugger_('two')];
      return await client.update(pods, { ...now, spec: { ...now.spec, ephemeralContainers } }, soon(), { subresource });
    });
    const { spec: found } = await isRunning(space, 'target', 'two');
    t.deepEqual(
      found.ephemeralContainers?.map(({ name }) => name),
      ['one', 'two'],
    );
    await eventually('its output', async () => (await logOf('target', 'two')).includes('polo from two'));
  },
);
