import test from 'ava';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { createClient } from '#lib/client/client.ts';
import type { Transport } from '#lib/client/transport.ts';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { createPodObjects } from './objects.ts';

// The other end of the wire, by hand: what is asked for, and when a watch ends, is what this is about.

test('createPodObjects() watches an object by name as long as a pod names it', async (t) => {
  const { objects, asked, open } = setUp();
  objects.use(pod('u-1', 'settings'));
  objects.use(pod('u-2', 'settings'));
  const { signal } = new AbortController();
  t.is((await objects.configMap('shop', 'settings', signal))?.data?.['name'], 'settings');
  t.is(await objects.configMap('shop', 'settings', signal), await objects.configMap('shop', 'settings', signal));
  await open.until(1);
  t.deepEqual(asked, [
    '/api/v1/namespaces/shop/configmaps?fieldSelector=metadata.name%3Dsettings&resourceVersion=0',
    '/api/v1/namespaces/shop/configmaps?fieldSelector=metadata.name%3Dsettings&resourceVersion=5',
  ]);
  objects.drop('u-1');
  t.is(open.count, 1);
  objects.drop('u-2');
  await open.until(0);
  await t.throwsAsync(objects.configMap('shop', 'settings', signal), {
    message: 'object "shop"/"settings" not registered',
  });
});

test('createPodObjects() says whose object changed', async (t) => {
  const { objects, open, send } = setUp();
  const changed: string[] = [];
  objects.use(pod('u-1', 'settings'));
  objects.use(pod('u-2', 'other'));
  await open.until(2);
  objects.onChange((podUid) => changed.push(podUid));
  send('settings', { name: 'new' });
  while (changed.length === 0) await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(changed, ['u-1']);
  t.is((await objects.configMap('shop', 'settings', new AbortController().signal))?.data?.['name'], 'new');
});

test('createPodObjects() does not wait for ever', async (t) => {
  const clock = createFakeClock();
  const transport: Transport = { request: () => new Promise(() => {}) };
  const options = { client: createClient(transport), clock, log: createSilentLog() };
  const objects = createPodObjects(options, new AbortController().signal);
  objects.use(pod('u-1', 'settings'));
  const asking = objects.configMap('shop', 'settings', new AbortController().signal);
  await clock.advance(5_000);
  await t.throwsAsync(asking, { message: 'failed to sync configmap cache: timed out waiting for the condition' });
});

function setUp() {
  const asked: string[] = [];
  const watches = new Map<string, (line: string) => void>();
  const transport: Transport = {
    async request({ path }, signal) {
      const name = /metadata\.name%3D(\w+)/.exec(path)![1]!;
      asked.push(
        path
          .replace(/&(?:watch|allowWatchBookmarks|timeoutSeconds)=\w+/g, '')
          .replace(/\?(?:watch|allowWatchBookmarks|timeoutSeconds)=\w+&/, '?'),
      );
      const isWatch = path.includes('watch=');
      const body = isWatch ? lines(name, watches, signal) : once(JSON.stringify(list(name)));
      return { status: 200, headers: { 'content-type': 'application/json' }, body };
    },
  };
  const options = { client: createClient(transport), clock: createFakeClock(), log: createSilentLog() };
  return {
    asked,
    objects: createPodObjects(options, new AbortController().signal),
    send(name: string, data: object) {
      const object = { metadata: { namespace: 'shop', name, resourceVersion: '9' }, data };
      watches.get(name)!(`${JSON.stringify({ type: 'MODIFIED', object })}\n`);
    },
    open: {
      get count() {
        return watches.size;
      },
      async until(count: number) {
        while (watches.size !== count) await new Promise((resolve) => setImmediate(resolve));
      },
    },
  };
}

function list(name: string): object {
  const item = { metadata: { namespace: 'shop', name, resourceVersion: '4' }, data: { name } };
  return { metadata: { resourceVersion: '5' }, items: [item] };
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

async function* lines(name: string, watches: Map<string, (line: string) => void>, signal: AbortSignal) {
  try {
    while (!signal.aborted) {
      const line = await new Promise<string>((resolve) => {
        watches.set(name, resolve);
        signal.addEventListener('abort', () => resolve(''));
      });
      if (line !== '') yield new TextEncoder().encode(line);
    }
  } finally {
    watches.delete(name);
  }
}

function pod(uid: string, name: string): Pod {
  return {
    metadata: { namespace: 'shop', name: uid, uid },
    spec: { containers: [], volumes: [{ name: 'v', configMap: { name } }] },
    status: {},
  } as unknown as Pod;
}
