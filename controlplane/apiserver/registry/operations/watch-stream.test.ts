import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createMetrics } from '#lib/metrics.ts';
import { createResourceCache } from '../cache/resource-cache.ts';
import { parserOf, type StoredObject } from '../cache/stored-object.ts';
import { createTurn } from '../cache/turn.ts';
import { createPace } from '../present/pace.ts';
import { createUrgent } from '../present/urgent.ts';
import { createWatchMetrics } from '../present/watch-metrics.ts';
import { createWatchGroups } from './watch-group.ts';
import { startWatch, type WatchParts } from './watch-stream.ts';

interface Options {
  readonly after?: number;
  readonly selection?: Partial<WatchParts['selection']>;
  readonly options?: Partial<WatchParts['options']>;
  readonly ready?: (stored: readonly StoredObject[]) => Promise<void>;
  /** Shared by all watches: they can be told together. */
  readonly connection?: object;
  /** Bytes that each frame has at least. */
  readonly least?: number;
}

/** A cache that changes as it is told to, and watches of it by clients that take as much as they are told to. */
function lab({ after, selection, options, ready, connection, least = 0 }: Options = {}) {
  const cache = createResourceCache('/registry/things/', parserOf({} as never));
  const clock = createFakeClock();
  let revision = 10;
  const writes: string[][] = [];
  const ends: unknown[] = [];
  const shown: string[] = []; // each time that one is made
  let takes = true;
  const turn = createTurn();
  const watchGroups = createWatchGroups(turn);
  const metrics = createMetrics();
  const watches = createWatchMetrics(metrics);
  const put = (name: string) => {
    const value = Buffer.from(`{"kind":"Thing","apiVersion":"v1","metadata":{"name":"${name}"}}`);
    cache.apply({ type: 'put', key: `/registry/things/d/${name}`, value, revision: ++revision }, 0);
  };
  const feed = {
    get applied() {
      return revision;
    },
  };
  const start = (into: string[][] = writes, isTaken = () => takes) =>
    startWatch(
      {
        core: {
          feed,
          turn,
          watchGroups,
          pace: createPace(createUrgent(), clock),
          clock,
          watches,
          random: () => 0,
        },
        served: {
          ...{ cache, kind: 'Thing', group: '', version: 'v1', apiVersion: 'v1', plural: 'things' },
          ...(ready === undefined ? {} : { conversion: { ready } }),
        },
        options: { timeoutSeconds: 100, allowsBookmarks: false, ...options },
        selection: { keyPrefix: 'd/', ...selection },
        presenter: {
          likeness: connection === undefined ? undefined : 'things',
          event: (type: string, { key }: StoredObject) => {
            shown.push(key);
            return Buffer.from(`${type} ${key}`.padEnd(least).concat('\n'));
          },
          bookmark: ({ metadata }: { metadata: object }) => Buffer.from(`BOOKMARK ${JSON.stringify(metadata)}\n`),
          error: ({ message }: { message: string }) => Buffer.from(message),
        },
        start: { after: after ?? revision, isInitial: after === undefined },
        signal: new AbortController().signal,
      } as unknown as WatchParts,
      {
        connection,
        write(pieces) {
          into.push(Buffer.concat(pieces).toString().trimEnd().split(/ *\n/));
          return isTaken();
        },
        end: () => ends.push('end'),
        fail: (error) => ends.push(error),
      },
    );
  return { put, cache, start, writes, ends, clock, shown, metrics, takes: (is: boolean) => (takes = is) };
}

test('startWatch() shows what is there, then the changes of a turn in one write', async (t) => {
  const { put, start, writes } = lab();
  put('a');
  start();
  t.deepEqual(writes, [['ADDED d/a']]);
  put('b');
  put('a');
  t.is(writes.length, 1, 'not before the turn is over');
  await Promise.resolve();
  t.deepEqual(writes[1], ['ADDED d/b', 'MODIFIED d/a']);
});

test('startWatch() waits for a client that takes no more, and loses nothing meanwhile', async (t) => {
  const { put, start, writes, takes } = lab();
  takes(false);
  put('a');
  const source = start();
  put('b');
  await turn();
  put('c');
  await turn();
  t.deepEqual(writes, [['ADDED d/a']]);
  source.resume();
  t.deepEqual(writes[1], ['ADDED d/b', 'ADDED d/c']);
  await turn();
  t.is(writes.length, 2);
});

test('startWatch() ends the watch of a client for which too much waits', async (t) => {
  const { put, start, ends, takes, writes } = lab();
  takes(false);
  put('a');
  start();
  for (let i = 0; i < 10_000; i++) put('a');
  await turn();
  t.deepEqual(ends, []);
  put('a');
  t.deepEqual(ends, ['end']);
  put('a');
  await turn();
  t.is(writes.length, 1);
});

test('startWatch() of one object shows no other, of what was missed either', async (t) => {
  const { put, start, writes } = lab({ after: 10, selection: { key: 'd/a' } });
  put('a');
  put('b');
  start();
  put('b');
  put('a');
  await turn();
  t.deepEqual(writes, [['ADDED d/a'], ['MODIFIED d/a']]);
});

test('startWatch() asks whoever converts for all that it shows, also for what came while it asked', async (t) => {
  const asked: string[][] = [];
  const answers: (() => void)[] = [];
  const ready = (stored: readonly StoredObject[]) => {
    asked.push(stored.map(({ key }) => key));
    return new Promise<void>((resolve) => answers.push(resolve));
  };
  const { put, start, writes } = lab({ ready });
  start();
  answers.shift()!();
  await turn();
  put('a');
  await turn();
  put('b');
  await turn();
  t.deepEqual(asked, [[], ['d/a']]);
  t.deepEqual(writes, []);
  answers.shift()!();
  await turn();
  t.deepEqual(writes, [['ADDED d/a']]);
  t.deepEqual(asked[2], ['d/b']);
  answers.shift()!();
  await turn();
  t.deepEqual(writes[1], ['ADDED d/b']);
});

test('startWatch() ends with an error when what converts fails, and tells of versions that are gone', async (t) => {
  const error = new Error('no webhook');
  const broken = lab({ ready: () => Promise.reject(error) });
  broken.start();
  await turn();
  t.deepEqual(broken.ends, [error]);
  const old = lab({ after: -1 });
  old.start();
  t.deepEqual([old.writes, old.ends], [[['too old resource version: -1 (0)']], ['end']]);
});

test('startWatch() sends a bookmark about once a minute, after the changes that came before it', async (t) => {
  const { put, start, writes, clock, ends, takes } = lab({ options: { allowsBookmarks: true, timeoutSeconds: 130 } });
  const source = start();
  await clock.advance(55_000);
  t.deepEqual(writes, [['BOOKMARK {"name":"","resourceVersion":"10"}']]);
  takes(false);
  put('a');
  await turn();
  put('b');
  await clock.advance(30_000);
  t.is(writes.length, 2, 'the client takes no more');
  takes(true);
  source.resume();
  t.deepEqual(writes[2], ['ADDED d/b']);
  await clock.advance(24_000);
  t.deepEqual(writes[3], ['BOOKMARK {"name":"","resourceVersion":"12"}']);
  await clock.advance(22_000);
  t.deepEqual(ends, ['end'], 'its time is over');
});

test('startWatch() tells those together who see the same over one connection, each from where it began', async (t) => {
  const { put, start, shown, metrics } = lab({ connection: {} });
  const [first, second, late] = [[], [], []] as [string[][], string[][], string[][]];
  start(first);
  start(second);
  put('a');
  put('b');
  start(late);
  put('a');
  await turn();
  t.deepEqual(first, [['ADDED d/a', 'ADDED d/b', 'MODIFIED d/a']]);
  t.deepEqual(second, first);
  t.deepEqual(late, [['ADDED d/a', 'ADDED d/b'], ['MODIFIED d/a']]);
  t.deepEqual(shown, ['d/a', 'd/b', 'd/a', 'd/b', 'd/a'], 'once for those who were told, once for what was there');
  t.regex(metrics.render(), /^apiserver_watch_events_total\{.*\} 9$/m);
  t.regex(metrics.render(), /^apiserver_watch_events_sizes_count\{.*\} 9$/m);
});

test('startWatch() leaves the others while its client takes no more, and loses nothing', async (t) => {
  const { put, start } = lab({ connection: {} });
  const [quick, slow] = [[], []] as [string[][], string[][]];
  let takes = true;
  start(quick);
  const source = start(slow, () => takes);
  takes = false;
  put('a');
  await turn();
  put('b');
  await turn();
  put('c');
  await turn();
  t.deepEqual(quick, [['ADDED d/a'], ['ADDED d/b'], ['ADDED d/c']]);
  t.deepEqual(slow, [['ADDED d/a']]);
  takes = true;
  source.resume();
  t.deepEqual(slow[1], ['ADDED d/b', 'ADDED d/c']);
  put('a');
  await turn();
  t.deepEqual([quick[3], slow[2]], [['MODIFIED d/a'], ['MODIFIED d/a']]);
});

test('startWatch() of many that see the same goes on for the rest when one of them ends', async (t) => {
  const { put, start, ends, metrics } = lab({ connection: {} });
  const [gone, stays, comes] = [[], [], []] as [string[][], string[][], string[][]];
  const source = start(gone);
  const other = start(stays);
  put('a');
  source.stop();
  await turn();
  t.deepEqual([gone, stays], [[], [['ADDED d/a']]]);
  other.stop();
  put('b');
  await turn();
  t.is(stays.length, 1);
  start(comes);
  put('c');
  await turn();
  t.deepEqual(comes, [['ADDED d/a', 'ADDED d/b'], ['ADDED d/c']]);
  for (let i = 0; i <= 10_000; i++) put('a');
  t.deepEqual(ends, ['end'], 'more waits in one turn than may');
  t.regex(metrics.render(), /^apiserver_terminated_watchers_total\{.*\} 1$/m);
});

test('startWatch() sends the bookmark of one that is told together with others after what it was told', async (t) => {
  const { put, start, writes, clock } = lab({ connection: {}, options: { allowsBookmarks: true } });
  start();
  await turn();
  put('a');
  await clock.advance(55_000);
  t.deepEqual(writes, [['ADDED d/a'], ['BOOKMARK {"name":"","resourceVersion":"11"}']]);
  put('b');
  await turn();
  t.deepEqual(writes[2], ['ADDED d/b']);
});

test('startWatch() ends all that are told together with the error by which a change cannot be shown', async (t) => {
  const error = new Error('cannot be shown');
  const matches = ({ key }: StoredObject) => {
    if (key === 'd/bad') throw error;
    return true;
  };
  const { put, start, ends, writes } = lab({ connection: {}, selection: { matches } });
  start();
  start();
  put('bad');
  await turn();
  t.deepEqual(ends, [error, error]);
  t.deepEqual(writes, []);
});

test('startWatch() tells many of all that went when a cache was filled anew, though it is of one revision', async (t) => {
  const { put, cache, start } = lab({ connection: {}, least: 40_000 });
  const [all, slow] = [[], []] as [string[][], string[][]];
  for (const name of ['a', 'b', 'c', 'd', 'e']) put(name);
  start(all);
  const source = start(slow, () => slow.length < 4);
  await turn();
  const before = [all.length, slow.length];
  t.deepEqual(before, [3, 3], 'two at once');
  cache.replace([], 20, 0);
  await turn();
  await turn();
  const gone = ['a', 'b', 'c', 'd', 'e'].map((name) => `DELETED d/${name}`);
  t.deepEqual(all.slice(3).flat(), gone);
  t.deepEqual(slow.slice(3), [gone.slice(0, 2)]);
  source.resume();
  t.deepEqual(slow.slice(3).flat(), gone.slice(0, 4));
  source.resume();
  t.deepEqual(slow.slice(3).flat(), gone);
});

test('startWatch() from a revision that is still to come is told of nothing older, and of all that follows', async (t) => {
  const { put, start, writes } = lab({ connection: {}, after: 12 });
  start();
  for (const name of ['a', 'b', 'c']) put(name);
  await turn();
  t.deepEqual(writes, [['ADDED d/c']]);
  put('d');
  await turn();
  t.deepEqual(writes[1], ['ADDED d/d']);
});
