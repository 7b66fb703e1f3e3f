// Packets that nobody sane sends: each is answered or dropped, nothing throws, nothing takes long, and no answer is much
// larger than what asked for it.
import test from 'ava';
import { encode } from 'dns-packet';
import { createFakeClock } from '#lib/clock.ts';
import { exampleEndpoint, exampleService, exampleSlice } from '../proxy/example.ts';
import { createForwarder } from './forward.ts';
import { createResponder } from './respond.ts';
import { readTimes } from './wire-read.ts';
import { ZoneIndex } from './zone.ts';

const { signal } = new AbortController();
const clock = createFakeClock();
const zone = new ZoneIndex();
zone.put('default/web', { service: exampleService('web'), slices: [] });
const endpoints = Array.from({ length: 200 }, (_, index) => exampleEndpoint(`10.244.1.${index + 1}`));
zone.put('default/many', {
  service: exampleService('many', { clusterIP: 'None' }),
  slices: [exampleSlice('many', endpoints)],
});
const responder = createResponder({
  facts: { domain: 'cluster.local', zone, ownRanges: [], address: '10.96.0.10' },
  forwarder: createForwarder({ upstreams: () => [], clock }),
  clock,
  isSynced: () => true,
});

/** The same numbers each time: what fails once fails again. */
function createRandom(seed: number) {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

const names = [
  'web.default.svc.cluster.local',
  'many.default.svc.cluster.local',
  '10.0.96.10.in-addr.arpa',
  'a.example',
  '',
];

test('packets with bytes flipped, cut off and made up are answered or dropped', async (t) => {
  const random = createRandom(4711);
  for (let round = 0; round < 20_000; round++) {
    let bytes: Buffer;
    if (round % 4 === 0) bytes = Buffer.from(Array.from({ length: random(64) }, () => random(256)));
    else {
      const type = (['A', 'AAAA', 'SRV', 'PTR', 'CNAME', 'TXT', 'NS', 'SOA'] as const)[random(8)]!;
      bytes = encode({
        type: 'query',
        id: random(65_536),
        flags: random(65_536) & 0x7fff,
        questions: [{ name: names[random(names.length)]!, type }],
      });
      for (let flips = random(5); flips > 0; flips--) bytes[random(bytes.length)] = random(256);
      if (random(4) === 0) bytes = bytes.subarray(0, random(bytes.length));
      if (random(4) === 0)
        bytes = Buffer.concat([bytes, Buffer.from(Array.from({ length: random(40) }, () => random(256)))]);
    }
    const isTcp = random(2) === 0;
    const answer = await responder.respond(bytes, isTcp, signal);
    if (answer === undefined) continue;
    if (answer.length < 12 || answer[0] !== bytes[0] || answer[1] !== bytes[1] || (answer[2]! & 0x80) === 0)
      t.fail(`${round}`);
    if (!isTcp && answer.length > 4096) t.fail(`${round}: ${answer.length} bytes over UDP`);
  }
  t.pass();
});

test('names that point at themselves, or at each other, are refused at once', async (t) => {
  const head = Buffer.from([0x12, 0x67, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  for (const name of [[0xc0, 12], [0xc0, 14, 0xc0, 12], [1, 97, 0xc0, 12], [0xff, 0xff], [63], [64, 97]]) {
    const bytes = Buffer.concat([head, Buffer.from([...name, 0, 1, 0, 1])]);
    const answer = await responder.respond(bytes, false, signal);
    t.is((answer?.[3] ?? 1) & 15, 1);
  }
});

test('answers from outside whose names go round are not kept, and take no time', (t) => {
  const head = Buffer.from([0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  const loop = Buffer.concat([
    head,
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4]),
  ]);
  t.notThrows(() => readTimes(loop));
  const random = createRandom(7);
  for (let round = 0; round < 20_000; round++) {
    const bytes = Buffer.from(Array.from({ length: 12 + random(60) }, () => random(256)));
    readTimes(bytes);
  }
});

test('an answer over UDP is never longer than 512 bytes where the asker takes no more: no lever for attacks', async (t) => {
  for (const type of ['A', 'AAAA', 'SRV', 'TXT'] as const) {
    const bytes = encode({
      type: 'query',
      id: 1,
      flags: 0x0100,
      questions: [{ name: 'many.default.svc.cluster.local', type }],
    });
    const answer = await responder.respond(bytes, false, signal);
    t.true(answer!.length <= 512, type);
  }
});
