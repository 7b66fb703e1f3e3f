// The member of etcd beside a server: a real one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createClock } from '#lib/clock.ts';
import { freePort } from '#lib/free-port.ts';
import { createSilentLog } from '#lib/log.ts';
import { ensureClusterPki } from '#lib/pki/cluster.ts';
import { firstMember } from './member.ts';
import { restartAfterMs } from './own.ts';
import { startMember } from './run.ts';

const clock = createClock();

test('a member that is asked to start again does, and answers', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-member-'));
  const names = { names: ['127.0.0.1'], serviceAddress: '10.96.0.1', server: 'https://127.0.0.1' };
  await ensureClusterPki({ directory, ...names, nowMs: clock.now(), etcdNames: ['127.0.0.1'] });
  const ports = { clientPort: await freePort(), peerPort: await freePort() };
  const told: string[] = [];
  const starting = Promise.withResolvers<void>();
  const log = {
    ...createSilentLog(),
    info(line: string) {
      told.push(line);
      if (line.includes('started again')) starting.resolve();
    },
  };
  const one = firstMember({ name: 'one', address: '127.0.0.1', ...ports });
  const running = await startMember(directory, one, { clock, log });
  await running.ready(AbortSignal.timeout(60_000));
  running.again();
  await starting.promise;
  await running.ready(AbortSignal.timeout(60_000));
  await running.stop();
  t.is(told.filter((line) => line.includes('started again')).length, 1);
  await rm(directory, { recursive: true });
});

test('restartAfterMs() is within the hour, and in the first half of what the last authority has left', (t) => {
  const dayMs = 86_400_000;
  t.is(restartAfterMs(10 * dayMs, 0, 1), 3_600_000);
  t.is(restartAfterMs(10 * dayMs, 0, 0.25), 900_000);
  t.is(restartAfterMs(60_000, 0, 1), 30_000);
  t.is(restartAfterMs(0, 60_000, 1), 0, 'it has ended');
});
