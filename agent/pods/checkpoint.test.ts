import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { openCheckpoint } from './checkpoint.ts';
import { examplePod } from './example.ts';
import { createRecord } from './pod-record.ts';

test('openCheckpoint() finds what was saved, clears what was written half, and leaves archives of containers alone', async (t) => {
  const folder = await mkdtemp('/tmp/skiff-checkpoints.');
  t.teardown(() => rm(folder, { recursive: true }));
  const first = await openCheckpoint(folder, createSilentLog());
  await first.save(createRecord(examplePod(), createFakeClock().now()));
  const archive = 'checkpoint-web_default-main-2026-01-02T03:04:05Z.tar';
  for (const name of ['u2.json.new', archive]) await writeFile(`${folder}/${name}`, '');
  const second = await openCheckpoint(folder, createSilentLog());
  t.deepEqual(second.holders(), ['u1']);
  t.deepEqual((await readdir(folder)).toSorted(), [archive, 'u1.json']);
});
