import { setImmediate as turnOfLoop } from 'node:timers/promises';
import test from 'ava';
import { parserOf, StoredObject } from './stored-object.ts';
import { createTurn } from './turn.ts';

const one = new StoredObject('a', 1, Buffer.from('{}'), parserOf({} as never));

test('createTurn() runs what waits once the work at hand is done, in order', async (t) => {
  const turn = createTurn();
  const seen: string[] = [];
  turn.atEnd(() => seen.push('first'));
  turn.atEnd(() => {
    turn.atEnd(() => seen.push('later'));
    return seen.push('second');
  });
  t.deepEqual(seen, []);
  await Promise.resolve();
  t.deepEqual(seen, ['first', 'second']);
  await Promise.resolve();
  t.deepEqual(seen, ['first', 'second', 'later']);
});

test('createTurn() has each shape made once in the end of a turn, and keeps nothing beyond it', async (t) => {
  const turn = createTurn();
  let made = 0;
  const make = () => Buffer.from(String(++made));
  const seen: Uint8Array[] = [];
  for (const shape of ['x', 'x', 'y']) turn.atEnd(() => seen.push(turn.shared(one, shape, make)));
  await Promise.resolve();
  t.is(seen[0], seen[1]);
  t.not(seen[0], seen[2]);
  t.is(made, 2);
  turn.shared(one, 'x', make);
  turn.atEnd(() => turn.shared(one, 'x', make).length);
  await Promise.resolve();
  t.is(made, 4);
});

test('createTurn() asks once for each audience what an event is to it, be it nothing', async (t) => {
  const turn = createTurn();
  const event = { type: 'ADDED', now: one, before: undefined, revision: 1, atMs: 0 } as const;
  const asked: string[] = [];
  const tell = (audience: string, frame: Uint8Array | undefined) =>
    turn.told(event, audience, () => {
      asked.push(audience);
      return frame;
    });
  const frame = Buffer.from('a');
  const seen: (Uint8Array | undefined)[] = [];
  for (const audience of ['a', 'none', 'a', 'none'])
    turn.atEnd(() => seen.push(tell(audience, audience === 'a' ? frame : undefined)));
  await Promise.resolve();
  t.deepEqual(seen, [frame, undefined, frame, undefined]);
  t.deepEqual(asked, ['a', 'none']);
  tell('a', frame);
  t.is(asked.length, 3, 'nothing is kept beyond a turn');
});

test('createTurn() joins the same pieces once for all who have them, and others for whoever has those', async (t) => {
  const turn = createTurn();
  const [a, b, c] = ['a', 'b', 'c'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
  const seen: Uint8Array[] = [];
  for (const pieces of [[a, b], [a, b], [a, c], [a]]) turn.atEnd(() => seen.push(turn.joined(pieces)));
  await Promise.resolve();
  t.deepEqual(seen.map(String), ['ab', 'ab', 'ac', 'a']);
  t.is(seen[0], seen[1]);
  t.is(turn.joined([a, b]).toString(), 'ab');
  t.not(turn.joined([a, b]), seen[0]);
});

test('createTurn() goes on in the next turn of the loop after a connection with many watches, and ends inside', async (t) => {
  const turn = createTurn();
  const seen: string[] = [];
  const [a, b] = [{}, {}];
  let made = 0;
  const make = () => Buffer.from(String(++made));
  const tell = (text: string) => Math.min(seen.push(text), 1);
  for (const [name, connection] of [
    ['in', undefined],
    ['a', a],
    ['b', b],
  ] as const) {
    for (let i = 0; i < 40; i++) turn.atEnd(() => tell(`${name}${turn.shared(one, 'x', make)}`), connection);
  }
  turn.atEnd(() => tell('a!'), a);
  await Promise.resolve();
  t.deepEqual(seen, [...Array(40).fill('a1'), 'a!']);
  turn.atEnd(() => tell('later'), a);
  await turnOfLoop();
  t.deepEqual(seen.slice(41), Array(40).fill('b1'));
  await turnOfLoop();
  t.deepEqual(seen.slice(81), [...Array(40).fill('in1'), 'later']);
});
