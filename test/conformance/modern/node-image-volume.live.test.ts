// Volumes that show what an image holds.
import { pods } from '#lib/api/resources.ts';
import { eventually, inNode } from '../../live/cluster.ts';
import { openRegistry } from './support/node-registry.ts';
import { isReady, shell, soon, spec } from './support/node-space.ts';

spec(
  '[sig-node] ImageVolume should succeed with pod and pull policy of Always [LinuxOnly] [MinimumKubeletVersion:1.35] [Conformance]',
  async ({ client, namespace, createPod, when, logOf }, t) => {
    await using registry = await openRegistry({ 'data.json': '{"image":"a"}', 'etc/os-release': 'NAME=Test' });
    const { image: reference, nodeName } = registry;
    const script = 'cat /volume/data.json /volume/etc/os-release; touch /volume/x || echo read-only; exec sleep 1000';
    const containers = [shell(script, { volumeMounts: [{ name: 'volume', mountPath: '/volume' }] })];
    const volumes = [{ name: 'volume', image: { reference, pullPolicy: 'Always' } } as const];
    const { metadata } = await createPod('viewer', { nodeName, containers, volumes });
    await when('viewer', 'ready', isReady);
    const log = await eventually('its output', async () => {
      const text = await logOf('viewer');
      return text.includes('read-only') && text;
    });
    t.true(log.includes('{"image":"a"}NAME=Test'), log);
    await client.delete(pods, { namespace, name: 'viewer' }, soon());
    await eventually('a clean node', async () => {
      const { stdout } = await inNode(0, ['sh', '-c', `grep -c ${metadata.uid} /proc/self/mountinfo || true`]);
      return stdout.trim() === '0';
    });
  },
);
