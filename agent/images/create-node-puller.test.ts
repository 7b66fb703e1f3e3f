import test from 'ava';
import { createFakeCri } from '#cri/fake.ts';
import { createFakeClock } from '#lib/clock.ts';
import { examplePod } from '../pods/example.ts';
import { createNodePuller } from './create-node-puller.ts';
import type { PulledImages } from './pulled-images.ts';

test('createNodePuller() tells which pull secrets are missing, and tries without', async (t) => {
  const clock = createFakeClock();
  const { images, registry } = createFakeCri(clock);
  registry.add('r.example/a:1');
  const told: string[] = [];
  const nothing = async () => {};
  const pulled: PulledImages = {
    mayUse: () => true,
    begin: nothing,
    came: nothing,
    failed: nothing,
    keepOnly: nothing,
  };
  const secret = async (_namespace: string, name: string) => {
    if (name === 'late') throw new Error('failed to sync secret cache');
    return name === 'here' ? { metadata: { name } } : undefined;
  };
  const record = (_pod: unknown, type: string, reason: string, message: string) =>
    void told.push(`${type} ${reason} ${message}`);
  const puller = createNodePuller({ images, objects: { secret }, record, pulled, clock });
  const pod = examplePod({ imagePullSecrets: [{ name: 'here' }, { name: 'gone' }, { name: 'late' }] });
  await puller.ensure(pod, { name: 'main', image: 'r.example/a:1' }, undefined, new AbortController().signal);
  t.is(
    told[0],
    'Warning FailedToRetrieveImagePullSecret Unable to retrieve some image pull secrets (gone, late); attempting to pull the image may not succeed.',
  );
  t.regex(told.at(-1) ?? '', /^Normal Pulled Successfully pulled image/);
});
