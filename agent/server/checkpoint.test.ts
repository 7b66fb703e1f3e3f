import test from 'ava';
import type { Container } from '#cri/runtime.ts';
import type { StatusError } from '#lib/api/status.ts';
import { createFakeClock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import { examplePod } from '../pods/example.ts';
import { checkpoint } from './checkpoint.ts';
import type { KubeletServerOptions } from './options.ts';

const { signal } = new AbortController();
const podName = { namespace: 'default', name: 'web', uid: '' };

/** What the runtime was asked, and how it answers. */
function node(answer: () => Promise<void> = async () => {}) {
  const asked: unknown[] = [];
  const pod = examplePod();
  const runtime = {
    listContainers: async () => [
      { id: 'old', createdAtMs: 1, attempt: 0 },
      { id: 'new', createdAtMs: 2, attempt: 1 },
    ],
    checkpoint(...words: unknown[]) {
      asked.push(words.slice(0, 3));
      return answer();
    },
  } as unknown as KubeletServerOptions['runtime'] & { listContainers(): Promise<readonly Container[]> };
  const pods = { get: (key: string) => (key === 'default/web' ? pod : undefined), list: () => [pod] };
  const options = { runtime, pods, clock: createFakeClock(Date.UTC(2026, 0, 2, 3, 4, 5)), rootDir: '/data' };
  const take = (container: string, query = '', name = podName) =>
    checkpoint(name, container, new URLSearchParams(query), options, signal);
  return { asked, take };
}

test('checkpoint() has the newest container written below the folder of the node', async (t) => {
  const { asked, take } = node();
  const file = '/data/checkpoints/checkpoint-web_default-main-2026-01-02T03:04:05Z.tar';
  t.is(await take('main', 'timeout=5&timeout=300'), file);
  t.deepEqual(asked, [['new', file, 300]]);
});

test('checkpoint() knows neither pods nor containers that are not here, nor times that are none', async (t) => {
  const { asked, take } = node();
  const cases: readonly (readonly [string, string, typeof podName, number, string])[] = [
    ['main', '', { ...podName, name: 'other' }, 404, 'pod does not exist'],
    ['other', '', podName, 404, 'container other does not exist'],
    ['main', 'timeout=1s', podName, 404, 'cannot parse value of timeout parameter'],
    [
      'main',
      'timeout=-1',
      podName,
      500,
      'checkpointing of default/web/main failed (CheckpointContainer requires the timeout value to be > 0)',
    ],
  ];
  for (const [container, query, name, code, message] of cases) {
    const error = await t.throwsAsync<StatusError>(take(container, query, name), { message });
    t.is(error?.code, code);
  }
  t.deepEqual(asked, []);
});

test('checkpoint() says 500 with the words of a runtime that cannot', async (t) => {
  const words = 'rpc error: code = Unimplemented desc = unknown method CheckpointContainer';
  const { take } = node(() => Promise.reject(new ReasonError('MethodNotAllowed', words)));
  const error = await t.throwsAsync<StatusError>(take('main'));
  t.is(error?.code, 500);
  t.is(error?.message, `checkpointing of default/web/main failed (${words})`);
});
