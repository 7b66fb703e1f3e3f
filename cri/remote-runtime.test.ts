import test from 'ava';
import type { Channel } from './channel.ts';
import { remoteRuntime } from './remote-runtime.ts';

test('remoteRuntime() gives a call as long as it is told, and longer to those that wait for something', async (t) => {
  const { signal } = new AbortController();
  const given: (readonly [string, number])[] = [];
  const channel = {
    async call(_service: string, method: string, _request: object, deadlineMs: number) {
      given.push([method, deadlineMs]);
      return {};
    },
  } as unknown as Channel;
  const runtime = remoteRuntime(channel, 10_000);
  await runtime.startContainer('c', signal);
  await runtime.runSandbox({} as never, '', signal);
  await runtime.stopContainer('c', 30, signal);
  await runtime.checkpoint('c', '/a.tar', 0, signal);
  await runtime.checkpoint('c', '/a.tar', 60, signal);
  await remoteRuntime(channel).startContainer('c', signal);
  t.deepEqual(given, [
    ['StartContainer', 10_000],
    ['RunPodSandbox', 20_000],
    ['StopContainer', 40_000],
    ['CheckpointContainer', 10_000],
    ['CheckpointContainer', 60_000],
    ['StartContainer', 120_000],
  ]);
});
