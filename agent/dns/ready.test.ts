// What is answered from what was answered before has to be, byte for byte, what anybody would say who had never been asked.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import test from 'ava';
import { type Answer, decode, encode, type Packet, type Question } from 'dns-packet';
import { createFakeClock } from '#lib/clock.ts';
import { exampleEndpoint, exampleService, exampleSlice } from '../proxy/example.ts';
import { createForwarder, type Forwarder } from './forward.ts';
import { createReadyAnswers, type ReadyAnswer } from './ready.ts';
import { createResponder } from './respond.ts';
import { readQuery } from './wire-read.ts';
import { type Zone, ZoneIndex } from './zone.ts';

const { signal } = new AbortController();

/** The same numbers each time. */
function createRandom(seed: number) {
  let state = seed;
  const below = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  return { below, pick: <T>(of: readonly T[]): T => of[below(of.length)]! };
}
type Random = ReturnType<typeof createRandom>;

const names = [
  'web.default.svc.cluster.local',
  'api.default.svc.cluster.local',
  'many.default.svc.cluster.local',
  'none.default.svc.cluster.local',
  '_http._tcp.web.default.svc.cluster.local',
  '_http._tcp.many.default.svc.cluster.local',
  'alias.default.svc.cluster.local',
  'default.svc.cluster.local',
  '1-2-3-4.default.pod.cluster.local',
  '1.1.96.10.in-addr.arpa',
  '9.1.96.10.in-addr.arpa',
  'cluster.local',
  'a.example',
  'b.example',
  'none.example',
  'many.example',
] as const;
const kinds = ['A', 'A', 'AAAA', 'SRV', 'PTR', 'TXT', 'SOA', 'NS', 'CNAME', 'ANY'] as const;

function randomQuery(random: Random): Buffer {
  let name: string = random.pick(names);
  // Letters as some resolvers write them, so that answers cannot be forged.
  if (random.below(4) === 0) name = [...name].map((c) => (random.below(2) ? c.toUpperCase() : c)).join('');
  const questions: Question[] = [{ name, type: random.pick(kinds) as 'A' }];
  const flags = random.pick([0x0100, 0x0100, 0x0100, 0, 0x0110, 0x0120, 0x0900]);
  const packet: Packet = { type: 'query', id: random.below(65_536), flags, questions };
  if (random.below(3) > 0) return encode(packet);
  const size = random.pick([0, 512, 1232, 1232, 4096, 65_535]);
  const ednsVersion = random.below(20) === 0 ? 1 : 0;
  const options = random.below(2) === 0 ? [] : [{ code: 10, data: Buffer.from('a client') }];
  const opt = { type: 'OPT', name: '.', udpPayloadSize: size, extendedRcode: 0, ednsVersion };
  const flag = { flags: random.below(2) * 0x8000, flag_do: false, options };
  return encode({ ...packet, additionals: [{ ...opt, ...flag } as unknown as Answer] });
}

function spoiled(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes);
  for (let flips = random.below(3); flips >= 0; flips--) changed[random.below(changed.length)] = random.below(256);
  return random.below(3) === 0 ? changed.subarray(0, random.below(changed.length)) : changed;
}

function changeZone(zone: ZoneIndex, random: Random): void {
  const address = `10.96.1.${1 + random.below(9)}`;
  switch (random.below(4)) {
    case 0:
      zone.put('default/api', { service: exampleService('api', { clusterIP: address }), slices: [] });
      break;
    case 1:
      zone.put('default/api', { service: undefined, slices: [] });
      break;
    case 2:
      zone.put('default/alias', {
        service: exampleService('alias', { type: 'ExternalName', externalName: random.pick(names) }),
        slices: [],
      });
      break;
    default: {
      const endpoints = Array.from({ length: random.below(90) }, (_, i) => exampleEndpoint(`10.244.1.${i + 1}`));
      const service = exampleService('many', { clusterIP: 'None' });
      zone.put('default/many', { service, slices: [exampleSlice('many', endpoints)] });
    }
  }
}

/** A resolver outside. Whatever it is asked it knows, and says something else each time. */
async function startUpstream() {
  const socket = createSocket('udp4');
  let times = 0;
  socket.on('message', (message, peer) => {
    const query = readQuery(message);
    if ('malformed' in query) return;
    const ttl = 5 + (++times % 40);
    const isNone = query.name.startsWith('none');
    const count = query.name.startsWith('many') ? 40 : 1;
    const records = Array.from({ length: count }, (_, i) => (isNone ? soa(ttl) : address(ttl + i, times + i)));
    const head = Buffer.from([message[0]!, message[1]!, 0x81, isNone ? 0x83 : 0x80, 0, 1, 0, 0, 0, 0, 0, 0]);
    head.writeUInt16BE(count, isNone ? 8 : 6);
    socket.send(Buffer.concat([head, query.question, ...records]), peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => socket.close() };
}
const address = (ttl: number, last: number) =>
  Buffer.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, ttl, 0, 4, 192, 0, 2, last & 255);
const soa = (ttl: number) =>
  Buffer.from([0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 60, 0, 22, 0, 0, ...Array.from({ length: 19 }, () => 0), ttl]);

function responderOf(zone: Zone, forwarder: Forwarder, clock = createFakeClock()) {
  const facts = { domain: 'cluster.local', zone, ownRanges: [], address: '10.96.0.10' };
  return createResponder({ facts, forwarder, clock, isSynced: () => true });
}

test('respond() answers a question that it remembers as one that was never asked', async (t) => {
  const upstream = await startUpstream();
  t.teardown(upstream.close);
  const clock = createFakeClock();
  const zone = new ZoneIndex();
  zone.put('default/web', { service: exampleService('web'), slices: [] });
  const upstreams = () => [{ address: '127.0.0.1', port: upstream.port }];
  const forwarder = createForwarder({ upstreams, clock });
  const remembering = responderOf(zone, forwarder, clock);
  const random = createRandom(17);
  const pool = Array.from({ length: 400 }, () => randomQuery(random));
  for (let round = 0; round < 15_000; round++) {
    if (random.below(300) === 0) changeZone(zone, random);
    if (random.below(50) === 0) await clock.advance(random.below(3_000));
    const query = random.pick(pool);
    query.writeUInt16BE(random.below(65_536));
    const bytes = random.below(20) === 0 ? spoiled(query, random) : query;
    const before = Buffer.from(bytes);
    const isTcp = random.below(10) === 0;
    const expected = await responderOf(zone, forwarder, clock).respond(bytes, isTcp, signal);
    const given = await remembering.respond(bytes, isTcp, signal);
    if (Buffer.compare(bytes, before) !== 0) t.fail(`${round}: the question was written to`);
    const isSame =
      given === undefined || expected === undefined ? given === expected : Buffer.compare(given, expected) === 0;
    if (!isSame) {
      t.deepEqual(given && Buffer.from(given), expected && Buffer.from(expected), `${round}: ${bytes.toString('hex')}`);
      break;
    }
  }
  t.pass();
});

test('respond() decides a question once, until the zone changes', async (t) => {
  const index = new ZoneIndex();
  index.put('default/web', { service: exampleService('web'), slices: [] });
  let decided = 0;
  const zone: Zone = {
    get version() {
      return index.version;
    },
    entry(service, namespace) {
      decided++;
      return index.entry(service, namespace);
    },
    hasNamespace: (namespace) => index.hasNamespace(namespace),
    ownersOf: (ip) => index.ownersOf(ip),
  };
  const responder = responderOf(zone, createForwarder({ upstreams: () => [], clock: createFakeClock() }));
  const ask = (id: number) => {
    const questions = [{ name: 'web.default.svc.cluster.local', type: 'A' as const }];
    const answer = responder.respond(encode({ type: 'query', id, flags: 0x0100, questions }), false, signal);
    return decode(Buffer.from(answer as Uint8Array));
  };
  for (const id of [1, 2, 65_535]) t.like(ask(id), { id, answers: [{ data: '10.96.1.1' }] });
  t.is(decided, 1);
  index.put('default/web', { service: exampleService('web', { clusterIP: '10.96.1.7' }), slices: [] });
  t.like(ask(4), { id: 4, answers: [{ data: '10.96.1.7' }] });
  t.is(decided, 2);
});

test('respond() gives answers that nobody else writes to', (t) => {
  const zone = new ZoneIndex();
  zone.put('default/web', { service: exampleService('web'), slices: [] });
  const responder = responderOf(zone, createForwarder({ upstreams: () => [], clock: createFakeClock() }));
  const query = encode({ type: 'query', id: 1, questions: [{ name: 'web.default.svc.cluster.local', type: 'A' }] });
  const first = responder.respond(query, false, signal) as Uint8Array;
  const kept = Buffer.from(first);
  first.fill(0); // what waits to be sent is not kept, either
  query.writeUInt16BE(2);
  const second = responder.respond(query, false, signal) as Uint8Array;
  query.writeUInt16BE(3);
  responder.respond(query, false, signal);
  t.deepEqual([second[0], second[1]], [0, 2]);
  t.deepEqual(Buffer.from(second.subarray(2)), kept.subarray(2));
});

test('createReadyAnswers() is bounded, forgets what was not asked for lately, and keeps what was', (t) => {
  const ready = createReadyAnswers(10);
  const answer = (type: number): ReadyAnswer => ({
    kept: [{ bytes: new Uint8Array(12), ttlOffsets: [], ttlSeconds: 1, atMs: 0 }],
    type,
    rcode: 0,
    how: 'own',
  });
  const question = (number: number) => Uint8Array.of(7, 7, number >> 8, number & 255);
  ready.put(question(0), 1, answer(0));
  for (let i = 1; i < 1000; i++) {
    ready.put(question(i), 1, answer(i));
    t.is(ready.get(question(0), 1)?.type, 0);
  }
  const kept = Array.from({ length: 1000 }, (_, i) => ready.get(question(i), 1)).filter((one) => one !== undefined);
  t.true(kept.length >= 10 && kept.length <= 20, `${kept.length}`);
  t.is(ready.get(question(0), 2), undefined, 'of another zone');
});

test('createReadyAnswers() does not remember questions that are longer than any sane one', (t) => {
  const ready = createReadyAnswers();
  const kept = { bytes: new Uint8Array(12), ttlOffsets: [], ttlSeconds: 1, atMs: 0 };
  ready.put(new Uint8Array(4000), 1, { kept: [kept], type: 1, rcode: 0, how: 'own' });
  t.is(ready.get(new Uint8Array(4000), 1), undefined);
});
