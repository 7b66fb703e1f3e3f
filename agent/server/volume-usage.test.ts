import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test from 'ava';
import type { Client } from '#lib/client/client.ts';
import { createFakeClock } from '#lib/clock.ts';
import { examplePod } from '../pods/example.ts';
import { createVolumeUsage } from './volume-usage.ts';

test('createVolumeUsage() measures what lies on the node, and claims by their disk, once a minute or as told', async (t) => {
  const rootDir = await mkdtemp(`${tmpdir()}/usage-`);
  const folder = `${rootDir}/pods/u1/volumes/kubernetes.io~empty-dir/scratch`;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/a`, Buffer.alloc(8192, 1));
  const claim = { metadata: { name: 'c', uid: 'c1' }, spec: { volumeName: 'v' }, status: { phase: 'Bound' } };
  const claimRef = { uid: 'c1', name: 'c', namespace: 'default' };
  const volume = { metadata: { name: 'v' }, spec: { claimRef, local: { path: rootDir } } };
  const client = { get: async (_kind: unknown, { name }: { name: string }) => (name === 'c' ? claim : volume) };
  const clock = createFakeClock();
  const usages = createVolumeUsage({ rootDir, client: client as unknown as Client, clock });
  const pod = examplePod({
    volumes: [
      { name: 'scratch', emptyDir: {} },
      { name: 'data', persistentVolumeClaim: { claimName: 'c' } },
      { name: 'host', hostPath: { path: '/' } },
      { name: 'gone', secret: { secretName: 's' } },
    ],
  });
  const { signal } = new AbortController();
  const [scratch, data, ...rest] = await usages.of(pod, 'all', signal);
  t.like(scratch, { name: 'scratch', inodesUsed: 2, isEphemeral: true });
  t.true(scratch!.usedBytes >= 8192 && scratch!.usedBytes < 64 * 1024, String(scratch!.usedBytes));
  t.like(data, { name: 'data', claim: { namespace: 'default', name: 'c' } });
  t.true(data!.capacityBytes > 0);
  t.deepEqual(rest, []);
  t.deepEqual(
    (await usages.of(pod, 'claims', signal)).map(({ name }) => name),
    ['data'],
  );

  await writeFile(`${folder}/b`, 'more');
  t.is((await usages.of(pod, 'all', signal))[0]?.inodesUsed, 2);
  await clock.advance(60_000);
  t.is((await usages.of(pod, 'all', signal))[0]?.inodesUsed, 3);
  usages.keepOnly(new Set());

  const seldom = createVolumeUsage({ rootDir, client: client as unknown as Client, clock, freshMs: 300_000 });
  await seldom.of(pod, 'all', signal);
  await writeFile(`${folder}/c`, 'more');
  await clock.advance(299_000);
  t.is((await seldom.of(pod, 'all', signal))[0]?.inodesUsed, 3);
  await clock.advance(1_000);
  t.is((await seldom.of(pod, 'all', signal))[0]?.inodesUsed, 4);
  const never = createVolumeUsage({ rootDir, client: client as unknown as Client, clock, freshMs: -1 });
  t.deepEqual(await never.of(pod, 'all', signal), []);
  await rm(rootDir, { recursive: true });
});
