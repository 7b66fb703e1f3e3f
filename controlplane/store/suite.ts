// What every engine of the store must do. Each engine's test calls `storeSuite` with a way to open an empty store.
import type { ExecutionContext, TestFn } from 'ava';
import { hasReason } from '#lib/errors.ts';
import type { Changes, Committed, Entry, Store, StoreEvent } from './store.ts';

export interface SuiteOptions {
  readonly name: string;
  /** An empty store, closed after the test. `maxWaiting` bounds what may wait for one watcher. */
  open(options?: { readonly maxWaiting?: number }): Promise<Store>;
}

export function storeSuite(test: TestFn, { name, open }: SuiteOptions): void {
  function check(title: string, run: (t: ExecutionContext, store: Store) => Promise<void>): void {
    test(`${name}: ${title}`, async (t) => {
      const store = await open();
      try {
        await run(t, store);
      } finally {
        await store.close();
      }
    });
  }

  check('an absent key is undefined', async (t, store) => {
    t.is(await store.get('/registry/pods/default/a', never()), undefined);
  });

  check('commit() creates, and revisions grow', async (t, store) => {
    const first = await put(store, '/registry/a', 'one');
    const second = await put(store, '/registry/b', 'two');
    t.true(second > first);
    t.deepEqual(shown(await store.get('/registry/a', never())), { key: '/registry/a', text: 'one', revision: first });
    t.is(await store.currentRevision(never()), second);
  });

  check('commit() answers with what stands there if the expectation fails', async (t, store) => {
    const first = await put(store, '/registry/a', 'one');
    const again = await store.commit({ key: '/registry/a', expected: 0, value: bytes('two') }, never());
    t.false(again.ok);
    t.is(shown(currentOf(again))?.text, 'one');
    const stale = await store.commit({ key: '/registry/a', expected: first + 100, value: bytes('two') }, never());
    t.false(stale.ok);
    const absent = await store.commit({ key: '/registry/none', expected: first, value: bytes('x') }, never());
    t.deepEqual(absent, { ok: false, current: undefined });
    t.is(await store.currentRevision(never()), first);
  });

  check('commit() replaces, deletes, and creates again', async (t, store) => {
    const first = await put(store, '/registry/a', 'one');
    const second = await put(store, '/registry/a', 'two', first);
    const gone = await store.commit({ key: '/registry/a', expected: second }, never());
    t.true(gone.ok);
    t.is(await store.get('/registry/a', never()), undefined);
    t.deepEqual(await store.commit({ key: '/registry/a', expected: 0 }, never()), { ok: false, current: undefined });
    t.true((await put(store, '/registry/a', 'three')) > second);
  });

  check('of changes made at once to one key, exactly one wins', async (t, store) => {
    const changes = Array.from({ length: 50 }, (_, i) => ({ key: '/registry/a', expected: 0, value: bytes(`${i}`) }));
    const answers = await Promise.all(changes.map((change) => store.commit(change, never())));
    t.is(answers.filter(({ ok }) => ok).length, 1);
    t.true(answers[0]?.ok, 'changes apply in the order of the calls');
    t.is(shown(currentOf(answers[49]!))?.text, '0');
  });

  check('list() gives a prefix in the order of bytes, page by page', async (t, store) => {
    for (const key of [
      '/registry/pods/b/1',
      '/registry/pods/a/2',
      '/registry/pods/a/10',
      '/registry/podsx/a',
      '/registry/nodes/n',
    ]) {
      await put(store, key, key);
    }
    const all = await store.list({ prefix: '/registry/pods/' }, never());
    t.deepEqual(
      all.entries.map(({ key }) => key),
      ['/registry/pods/a/10', '/registry/pods/a/2', '/registry/pods/b/1'],
    );
    t.is(all.revision, await store.currentRevision(never()));
    const first = await store.list({ prefix: '/registry/pods/', limit: 2 }, never());
    t.is(first.entries.length, 2);
    t.is(first.remaining, 1);
    const rest = await store.list({ prefix: '/registry/pods/', limit: 2, after: first.entries[1]!.key }, never());
    t.deepEqual(
      rest.entries.map(({ key }) => key),
      ['/registry/pods/b/1'],
    );
    t.is(rest.remaining, 0);
  });

  check('list() sees an older revision as it was', async (t, store) => {
    const first = await put(store, '/registry/a', 'one');
    const b = await put(store, '/registry/b', 'b');
    await put(store, '/registry/a', 'two', first);
    await store.commit({ key: '/registry/b', expected: b }, never());
    await put(store, '/registry/c', 'c');
    const then = await store.list({ prefix: '/registry/', atRevision: b }, never());
    t.deepEqual(
      then.entries.map((entry) => shown(entry)?.text),
      ['one', 'b'],
    );
    t.is(then.revision, b);
    const now = await store.list({ prefix: '/registry/' }, never());
    t.deepEqual(
      now.entries.map((entry) => shown(entry)?.text),
      ['two', 'c'],
    );
  });

  check('watch() brings old changes first, then new ones, none left out or doubled', async (t, store) => {
    const stop = new AbortController();
    const start = await store.currentRevision(never());
    const under = Array.from({ length: 1200 }, (_, i) => put(store, `/registry/pods/${i}`, `${i}`));
    await put(store, '/registry/nodes/other', 'x');
    const seen = collect(store.watch('/registry/pods/', start, stop.signal), 1300, stop);
    const revisions = await Promise.all(under);
    for (let i = 1200; i < 1300; i++) revisions.push(await put(store, `/registry/pods/${i}`, `${i}`));
    const events = await seen;
    const inOrder = revisions.map((revision, i) => ({ revision, text: `${i}` }));
    t.deepEqual(
      events.map(({ value, revision }) => ({ revision, text: text(value) })),
      inOrder.toSorted((a, b) => a.revision - b.revision),
    );
    t.true(events.every((event, i) => i === 0 || event.revision > events[i - 1]!.revision));
  });

  check('watch() shows a deletion with the last value', async (t, store) => {
    const stop = new AbortController();
    const first = await put(store, '/registry/a', 'one');
    const gone = await store.commit({ key: '/registry/a', expected: first }, never());
    const events = await collect(store.watch('/registry/', first, stop.signal), 1, stop);
    t.is(events[0]?.type, 'delete');
    t.is(text(events[0]!.value), 'one');
    t.is(events[0]?.revision, gone.ok ? gone.revision : -1);
  });

  check('watch() of everything comes to every current revision', async (t, store) => {
    const stop = new AbortController();
    await put(store, '/registry/a', 'one');
    const from = await store.currentRevision(never());
    const iterator = store.watch('/registry/', from, stop.signal)[Symbol.asyncIterator]();
    for (let i = 0; i < 5; i++) await put(store, `/registry/b/${i}`, 'x');
    const last = await store.currentRevision(never());
    for (;;) {
      const { value } = await iterator.next();
      if (value!.revision >= last) break;
    }
    stop.abort();
    t.true((await iterator.next()).done);
  });

  check('watch() ends when its signal is aborted', async (t, store) => {
    const stop = new AbortController();
    const seen = collect(store.watch('/registry/', 0, stop.signal), 1, stop);
    stop.abort();
    t.deepEqual(await seen, []);
  });

  check('compact() forgets the past and keeps the present', async (t, store) => {
    const first = await put(store, '/registry/a', 'one');
    const second = await put(store, '/registry/a', 'two', first);
    const b = await put(store, '/registry/b', 'b');
    await store.commit({ key: '/registry/b', expected: b }, never());
    const last = await store.currentRevision(never());
    await store.compact(last, never());
    await store.compact(last, never());
    const kept = await store.list({ prefix: '/registry/' }, never());
    t.deepEqual(kept.entries.map(shown), [{ key: '/registry/a', text: 'two', revision: second }]);
    await t.throwsAsync(store.list({ prefix: '/registry/', atRevision: first }, never()), { message: /compacted/ });
    const error = await t.throwsAsync(collect(store.watch('/registry/', first, never()), 1));
    t.true(hasReason(error, 'Expired'));
    t.true((await put(store, '/registry/c', 'c')) > last);
  });

  check('compact() leaves newer history alone', async (t, store) => {
    const first = await put(store, '/registry/a', 'one');
    const second = await put(store, '/registry/a', 'two', first);
    const third = await put(store, '/registry/a', 'three', second);
    await store.compact(second, never());
    const then = await store.list({ prefix: '/registry/', atRevision: second }, never());
    t.deepEqual(
      then.entries.map((entry) => shown(entry)?.text),
      ['two'],
    );
    const stop = new AbortController();
    const events = await collect(store.watch('/registry/', second, stop.signal), 1, stop);
    t.is(events[0]?.revision, third);
  });

  check('values of any bytes come back as they were', async (t, store) => {
    const value = Uint8Array.from({ length: 2 ** 20 }, (_, i) => (i * 7) % 256);
    await store.commit({ key: '/registry/blob', expected: 0, value }, never());
    t.deepEqual(Buffer.from((await store.get('/registry/blob', never()))!.value), Buffer.from(value));
  });

  test(`${name}: a watcher that does not keep up is ended with Expired`, async (t) => {
    const store = await open({ maxWaiting: 10 });
    const start = await store.currentRevision(never());
    const iterator = store.watch('/registry/', start, never())[Symbol.asyncIterator]();
    await put(store, '/registry/0', 'x');
    await iterator.next();
    for (let i = 1; i < 50; i++) await put(store, `/registry/${i}`, 'x');
    const error = await t.throwsAsync(async () => {
      for (;;) if ((await iterator.next()).done) return;
    });
    t.true(hasReason(error, 'Expired'));
    await store.close();
  });
}

function never(): AbortSignal {
  return new AbortController().signal;
}

function bytes(value: string): Uint8Array {
  return Buffer.from(value);
}

function text(value: Uint8Array): string {
  return Buffer.from(value).toString();
}

function shown(entry: Entry | undefined): { key: string; text: string; revision: number } | undefined {
  return entry && { key: entry.key, text: text(entry.value), revision: entry.revision };
}

function currentOf(answer: Committed): Entry | undefined {
  return answer.ok ? undefined : answer.current;
}

async function put(store: Store, key: string, value: string, expected = 0): Promise<number> {
  const answer = await store.commit({ key, expected, value: bytes(value) }, never());
  if (!answer.ok) throw new Error(`Cannot put ${key}: it stands at ${answer.current?.revision}`);
  return answer.revision;
}

async function collect(
  batches: AsyncIterable<Changes>,
  count: number,
  stop?: AbortController,
): Promise<readonly StoreEvent[]> {
  const events: StoreEvent[] = [];
  for await (const batch of batches) {
    events.push(...batch.events);
    if (events.length >= count) stop?.abort();
  }
  return events;
}
