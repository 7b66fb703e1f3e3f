import test from 'ava';
import { configMaps } from '#lib/api/resources.ts';
import type { ConfigMap } from '#lib/api/types/core.v1.ts';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { createClient } from './client.ts';
import { createInformer } from './informer.ts';
import type { Transport } from './transport.ts';

// The other end of the wire, by hand: the real server has tests of its own with this client.

test('createInformer() lists, watches, and keeps its indexes', async (t) => {
  const { transport, watches, lists } = scripted([list('5', item('a', '3', 'x'), item('b', '4', 'y'))]);
  const { informer, run, changes } = started(t, transport);
  await informer.synced;
  t.deepEqual(informer.byIndex('data', 'x').map(nameOf), ['a']);
  const watch = await watches.next();
  watch.send('MODIFIED', item('a', '6', 'y'));
  watch.send('DELETED', item('b', '7', 'y'));
  await changes.until(4);
  t.deepEqual(informer.byIndex('data', 'x'), []);
  t.deepEqual(informer.byIndex('data', 'y').map(nameOf), ['a']);
  t.deepEqual(changes.seen, ['+ns/a', '+ns/b', '~ns/a', '-ns/b']);
  t.regex(lists[0]!, /resourceVersion=0/);
  await run.stop();
});

test('createInformer() goes on from a bookmark after the watch ended', async (t) => {
  const { transport, watches, lists } = scripted([list('5')]);
  const { run, clock } = started(t, transport);
  const watch = await watches.next();
  watch.send('BOOKMARK', item('', '90', ''));
  watch.end();
  await clock.advance(60_000);
  t.regex((await watches.next()).path, /resourceVersion=90/);
  t.is(lists.length, 1);
  await run.stop();
});

test('createInformer() lists again when the version expired, and reports what vanished', async (t) => {
  const { transport, watches } = scripted([
    list('5', item('a', '3', 'x'), item('b', '4', 'y')),
    list('50', item('b', '4', 'y')),
  ]);
  const { run, changes } = started(t, transport);
  const watch = await watches.next();
  watch.fail({ kind: 'Status', apiVersion: 'v1', code: 410, reason: 'Expired', message: 'too old' });
  await changes.until(3);
  t.deepEqual(changes.seen, ['+ns/a', '+ns/b', '-ns/a']);
  t.regex((await watches.next()).path, /resourceVersion=50/);
  await run.stop();
});

test('createInformer() reports another object under a known name as gone and come', async (t) => {
  const { transport, watches } = scripted([list('5', item('a', '3', 'x'))]);
  const { run, changes } = started(t, transport);
  const watch = await watches.next();
  const { metadata, ...rest } = item('a', '9', 'x');
  watch.send('MODIFIED', { ...rest, metadata: { ...metadata, uid: 'other' } });
  await changes.until(3);
  t.deepEqual(changes.seen, ['+ns/a', '-ns/a', '+ns/a']);
  await run.stop();
});

test('createInformer() shows a new listener what is there, and outlives one that throws', async (t) => {
  const { transport, watches } = scripted([list('5', item('a', '3', 'x'))]);
  const { informer, run } = started(t, transport);
  informer.onChange(() => {
    throw new Error('bad listener');
  });
  await informer.synced;
  await watches.next();
  const seen: string[] = [];
  informer.onChange((_now, _before, key) => seen.push(key));
  t.deepEqual(seen, ['ns/a']);
  await run.stop();
});

function started(t: { timeout(ms: number): void }, transport: Transport) {
  t.timeout(10_000);
  const clock = createFakeClock();
  const informer = createInformer({
    client: createClient(transport),
    resource: configMaps,
    indexes: { data: ({ data }) => Object.values(data ?? {}) },
    clock,
    log: createSilentLog(),
  });
  const seen: string[] = [];
  let bell = Promise.withResolvers<void>();
  informer.onChange((now, before, key) => {
    seen.push(`${before === undefined ? '+' : now === undefined ? '-' : '~'}${key}`);
    bell.resolve();
    bell = Promise.withResolvers<void>();
  });
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  return {
    informer,
    clock,
    changes: {
      seen,
      async until(count: number) {
        while (seen.length < count) await bell.promise;
      },
    },
    run: {
      async stop() {
        stop.abort();
        await running;
      },
    },
  };
}

/** Answers lists with `answers` in turn, and hands each watch to the test. */
function scripted(answers: readonly object[]) {
  const lists: string[] = [];
  const waiting: Watch[] = [];
  let bell = Promise.withResolvers<void>();
  const transport: Transport = {
    async request({ path }, signal) {
      if (path.includes('watch=true')) {
        const watch = createWatch(path);
        signal.addEventListener('abort', watch.end);
        waiting.push(watch);
        bell.resolve();
        return { status: 200, headers: {}, body: watch.body() };
      }
      lists.push(path);
      return { status: 200, headers: {}, body: once(JSON.stringify(answers[lists.length - 1])) };
    },
  };
  const watches = {
    async next(): Promise<Watch> {
      while (waiting.length === 0) {
        bell = Promise.withResolvers<void>();
        await bell.promise;
      }
      return waiting.shift()!;
    },
  };
  return { transport, lists, watches };
}

type Watch = ReturnType<typeof createWatch>;
function createWatch(path: string) {
  const lines: string[] = [];
  let isOver = false;
  let bell = Promise.withResolvers<void>();
  const push = (type: string, object: unknown) => {
    lines.push(`${JSON.stringify({ type, object })}\n`);
    bell.resolve();
  };
  return {
    path,
    send: (type: string, object: ConfigMap) => push(type, object),
    fail: (status: object) => push('ERROR', status),
    end() {
      isOver = true;
      bell.resolve();
    },
    async *body() {
      for (;;) {
        for (const line of lines.splice(0)) yield Buffer.from(line);
        if (isOver) return;
        bell = Promise.withResolvers<void>();
        await bell.promise;
      }
    },
  };
}

async function* once(text: string) {
  yield Buffer.from(text);
}

function item(name: string, resourceVersion: string, value: string): ConfigMap {
  return {
    metadata: { namespace: 'ns', name, uid: `uid-${name}`, resourceVersion } as ConfigMap['metadata'],
    data: { value },
  };
}

function list(resourceVersion: string, ...items: readonly ConfigMap[]) {
  return { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion }, items };
}

function nameOf({ metadata }: ConfigMap): string {
  return metadata.name;
}
