import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { afterStart } from './after-start.ts';
import { exampleContainer, examplePod, observing } from './example.ts';
import type { NodeTools } from './node-facts.ts';
import { createRecord } from './pod-record.ts';

test('afterStart() ends a container whose postStart hook failed, its preStop hook first', async (t) => {
  const clock = createFakeClock();
  const exec = (word: string) => ({ exec: { command: [word] } });
  const lifecycle = { postStart: exec('post'), preStop: exec('pre') };
  const pod = examplePod({ containers: [exampleContainer('main', { lifecycle })], terminationGracePeriodSeconds: 9 });
  const observed = observing(pod, [{ of: 'main' }]);
  const said: string[] = [];
  const tools = {
    cri: {
      runtime: {
        async execSync(id: string, [word]: readonly string[]) {
          said.push(`${word} in ${id}`);
          return { exitCode: word === 'post' ? 1 : 0, stdout: new Uint8Array(), stderr: new Uint8Array() };
        },
        stopContainer: async (id: string, graceSeconds: number) => void said.push(`stop ${id} ${graceSeconds}`),
      },
    },
    observer: { of: () => observed, noteContainer: async () => void said.push('note') },
    clock,
    hostIPs: [],
    log: createSilentLog(),
    record: (_pod: unknown, type: string, reason: string, message: string) =>
      void said.push(`${type} ${reason}: ${message}`),
  } as unknown as NodeTools;
  const start = { name: 'main', id: 'main0', sandbox: observed.sandboxes[0]! };
  const failed = afterStart(createRecord(pod, clock.now()), start, tools, new AbortController().signal);
  t.like(await t.throwsAsync(failed), { reason: 'PostStartHookError' });
  t.deepEqual(said, [
    'post in main0',
    'Warning FailedPostStartHook: PostStartHook failed',
    'Normal Killing: FailedPostStartHook',
    'pre in main0',
    'stop main0 9',
    'note',
  ]);
});
