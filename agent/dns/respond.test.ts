// Bytes in, bytes out; read and written by another codec than ours.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import test from 'ava';
import { type Answer as DnsAnswer, decode, encode, type Packet, type Question } from 'dns-packet';
import { createClock, createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { exampleEndpoint, exampleService, exampleSlice } from '../proxy/example.ts';
import { createForwarder } from './forward.ts';
import { createResponder } from './respond.ts';
import { serveDns } from './server.ts';
import { ZoneIndex } from './zone.ts';

const { signal } = new AbortController();
const zone = new ZoneIndex();
zone.put('default/web', { service: exampleService('web'), slices: [] });
const many = Array.from({ length: 100 }, (_, index) => exampleEndpoint(`10.244.1.${index + 1}`));
zone.put('default/many', {
  service: exampleService('many', { clusterIP: 'None' }),
  slices: [exampleSlice('many', many)],
});
zone.put('default/loop', {
  service: exampleService('loop', { type: 'ExternalName', externalName: 'loop.default.svc.cluster.local' }),
  slices: [],
});
zone.put('default/alias', {
  service: exampleService('alias', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
  slices: [],
});
zone.put('default/outer', {
  service: exampleService('outer', { type: 'ExternalName', externalName: 'example.org' }),
  slices: [],
});

function responderWith(ports: readonly number[] = [], clock = createClock(), isSynced = true) {
  return createResponder({
    facts: { domain: 'cluster.local', zone, ownRanges: [], address: '10.96.0.10' },
    forwarder: createForwarder({ upstreams: () => ports.map((port) => ({ address: '127.0.0.1', port })), clock }),
    clock,
    isSynced: () => isSynced,
  });
}
const local = responderWith();

function query(name: string, type: Question['type'] = 'A', rest: Partial<Packet> = {}): Buffer {
  return encode({ type: 'query', id: 4711, flags: 0x0100, questions: [{ name, type }], ...rest });
}
const opt = (udpPayloadSize: number, ednsVersion = 0) => ({
  additionals: [
    { type: 'OPT', name: '.', udpPayloadSize, extendedRcode: 0, ednsVersion, flags: 0, flag_do: false, options: [] },
  ] as DnsAnswer[],
});
async function asked(bytes: Uint8Array, isTcp = false, responder = local) {
  const answer = await responder.respond(bytes, isTcp, signal);
  return answer === undefined ? undefined : { ...decode(Buffer.from(answer)), size: answer.length };
}
const rcodeOf = (answer: unknown) => (answer as { readonly rcode?: string } | undefined)?.rcode;

test('respond() answers with the id and the letters of the question', async (t) => {
  const answer = await asked(query('WEB.Default.svc.cluster.local'));
  t.is(answer?.id, 4711);
  t.is(answer?.questions?.[0]?.name, 'WEB.Default.svc.cluster.local');
  t.like(answer?.answers?.[0], { type: 'A', data: '10.96.1.1', ttl: 30 });
  t.true(answer?.flag_aa && answer.flag_ra && answer.flag_rd);
});

test('respond() cuts what does not fit into a datagram, and not what goes over TCP', async (t) => {
  const name = 'many.default.svc.cluster.local';
  const plain = await asked(query(name));
  t.true(plain!.flag_tc && plain!.size <= 512 && plain!.answers!.length >= 25, `${plain!.answers!.length} compressed`);
  const larger = await asked(query(name, 'A', opt(4096)));
  t.true(larger!.flag_tc && larger!.size <= 1232 && larger!.answers!.length > plain!.answers!.length);
  t.is(larger!.additionals?.[0]?.type, 'OPT');
  const tcp = await asked(query(name), true);
  t.false(tcp!.flag_tc);
  t.is(tcp!.answers?.length, 100);
});

const inTurn = test.macro<[number, number]>({
  title: (_title, count) => `respond() gives ${count} addresses in turn, all of them each time`,
  async exec(t, count, turns) {
    const name = `of-${count}`;
    zone.put(`default/${name}`, {
      service: exampleService(name, { clusterIP: 'None' }),
      slices: [exampleSlice(name, many.slice(0, count))],
    });
    const first = new Set<unknown>();
    for (let id = 0; id < 512; id++) {
      const answer = await asked(query(`${name}.default.svc.cluster.local`, 'A', { id: id % 256 }), id % 3 === 0);
      const data = answer!.answers!.map((one) => (one as { data?: unknown }).data);
      first.add(data[0]);
      if (!answer!.flag_tc) t.is(new Set(data).size, count);
    }
    t.is(first.size, turns);
  },
});
test(inTurn, 1, 1);
test(inTurn, 2, 2);
test(inTurn, 5, 5);
test(inTurn, 20, 8);
test(inTurn, 100, 100);

test('respond() gives back that DNSSEC is understood', async (t) => {
  const [plain] = opt(1232).additionals;
  for (const flags of [0, 0x8000]) {
    const additionals = [{ ...plain, flags, flag_do: flags !== 0 }] as DnsAnswer[];
    const answer = await asked(query('web.default.svc.cluster.local', 'A', { additionals }));
    t.like(answer?.additionals?.[0], { flag_do: flags !== 0 });
  }
});

test('respond() reads all records back as they were meant', async (t) => {
  const srv = await asked(query('_http._tcp.web.default.svc.cluster.local', 'SRV'), true);
  t.like(srv?.answers?.[0], { type: 'SRV', data: { port: 80, target: 'web.default.svc.cluster.local' } });
  t.like(srv?.additionals?.[0], { type: 'A', name: 'web.default.svc.cluster.local', data: '10.96.1.1' });
  const none = await asked(query('none.default.svc.cluster.local'));
  t.is(rcodeOf(none), 'NXDOMAIN');
  t.like(none?.authorities?.[0], { type: 'SOA', name: 'cluster.local', data: { minimum: 5 } });
  const pointer = await asked(query('1.1.96.10.in-addr.arpa', 'PTR'));
  t.like(pointer?.answers?.[0], { type: 'PTR', data: 'web.default.svc.cluster.local' });
  const version = await asked(query('dns-version.cluster.local', 'TXT'));
  t.is(String((version?.answers?.[0] as { data?: unknown } | undefined)?.data), '1.1.0');
});

test('respond() refuses what it does not do', async (t) => {
  t.is(rcodeOf(await asked(query('web.default.svc.cluster.local', 'A', { flags: 0x2900 }))), 'NOTIMP');
  t.is(rcodeOf(await asked(query('cluster.local', 'AXFR'))), 'REFUSED');
  const chaos = query('version.bind', 'TXT');
  chaos[chaos.length - 1] = 3;
  t.is(rcodeOf(await asked(chaos)), 'REFUSED');
  const badVersion = await asked(query('web.default.svc.cluster.local', 'A', opt(1232, 7)));
  t.like(badVersion?.additionals?.[0], { extendedRcode: 1 });
});

test('respond() does not claim that a name is absent before it knows all names', async (t) => {
  t.is(
    rcodeOf(await asked(query('x.default.svc.cluster.local'), false, responderWith([], createClock(), false))),
    'SERVFAIL',
  );
});

test('respond() follows aliases within the cluster, not for ever, and without resolvers gives the alias alone', async (t) => {
  const names = async (name: string) =>
    (await asked(query(`${name}.default.svc.cluster.local`)))?.answers?.map(({ type }) => type);
  t.deepEqual(await names('alias'), ['CNAME', 'A']);
  t.is((await names('loop'))?.length, 8);
  t.deepEqual(await names('outer'), ['CNAME']);
});

test('respond() never answers an answer', async (t) => {
  t.is(await asked(encode({ type: 'response', id: 1, questions: [{ name: 'a', type: 'A' }] })), undefined);
});

test('respond() survives whatever comes', async (t) => {
  // Each query cut at each length, and each of its bytes changed; then noise of a fixed seed.
  const good = query('web.default.svc.cluster.local', 'A', opt(1232));
  const inputs: Uint8Array[] = [Buffer.alloc(0), Buffer.alloc(12), Buffer.alloc(65_535, 0xff), Buffer.alloc(512, 0xc0)];
  for (let at = 0; at < good.length; at++) {
    inputs.push(good.subarray(0, at));
    for (const value of [0, 1, 63, 64, 0xc0, 0xff]) {
      const changed = Buffer.from(good);
      changed[at] = value;
      inputs.push(changed);
    }
  }
  let seed = 1;
  const next = () => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16;
  for (let count = 0; count < 5000; count++) {
    const noise = Buffer.from(Array.from({ length: next() % 80 }, () => next() & 255));
    if (noise.length > 5) noise.writeUInt16BE(1, 4);
    inputs.push(noise);
  }
  for (const input of inputs) {
    const answer = await local.respond(input, false, signal);
    t.true(answer === undefined || (answer.length <= 1232 && (answer[2]! & 0x80) !== 0));
  }
});

async function upstream(answer: (question: Packet, times: number) => Partial<Packet> | undefined) {
  const socket: Socket = createSocket('udp4');
  let times = 0;
  socket.on('message', (message, peer) => {
    const asked = decode(message);
    const given = answer(asked, ++times);
    if (given === undefined) return;
    socket.send(
      encode({ type: 'response', id: asked.id!, questions: asked.questions!, ...given }),
      peer.port,
      peer.address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, times: () => times, close: () => socket.close() };
}
const example: DnsAnswer = { name: 'example.org', type: 'A', ttl: 20, data: '192.0.2.1' };

test('respond() forwards what is not the cluster’s, asks once, and keeps the answer as long as it may', async (t) => {
  const server = await upstream(() => ({ answers: [example] }));
  const clock = createFakeClock();
  const responder = responderWith([server.port], clock);
  const both = await Promise.all([1, 2].map(() => asked(query('example.org'), false, responder)));
  t.like(both[1]?.answers?.[0], { data: '192.0.2.1', ttl: 20 });
  t.is(server.times(), 1);
  await clock.advance(5_000);
  const kept = await asked(query('EXAMPLE.org', 'A', { id: 99 }), false, responder);
  t.like(kept, { id: 99, questions: [{ name: 'EXAMPLE.org' }], answers: [{ ttl: 15 }] });
  t.is(server.times(), 1);
  await clock.advance(16_000);
  await asked(query('example.org'), false, responder);
  t.is(server.times(), 2);
  t.deepEqual(
    (await asked(query('outer.default.svc.cluster.local'), false, responder))?.answers?.map(({ type }) => type),
    ['CNAME'], // it asks over TCP, and nothing listens there
  );
  server.close();
});

test('respond() asks the next resolver when one refuses, and says so when none is left', async (t) => {
  const broken = await upstream(() => ({ flags: 2 }));
  const good = await upstream(() => ({ answers: [example] }));
  t.is(rcodeOf(await asked(query('example.org'), false, responderWith([broken.port, good.port]))), 'NOERROR');
  t.is(rcodeOf(await asked(query('example.org'), false, responderWith([broken.port]))), 'SERVFAIL');
  t.is(rcodeOf(await asked(query('example.org'), false, responderWith([]))), 'SERVFAIL');
  broken.close();
  good.close();
});

test('respond() believes no answer to another question', async (t) => {
  const forger = await upstream((_asked, times) =>
    times > 1 ? { answers: [example] } : { questions: [{ name: 'other.org', type: 'A' }], answers: [example] },
  );
  const good = await upstream(() => ({ answers: [{ ...example, data: '192.0.2.2' } as DnsAnswer] }));
  const answer = await asked(query('example.org'), false, responderWith([forger.port, good.port]));
  t.like(answer?.answers?.[0], { data: '192.0.2.2' });
  forger.close();
  good.close();
});

test('serveDns() answers many questions on one connection, and datagrams beside them', async (t) => {
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<number>();
  const served = serveDns(
    { address: '127.0.0.1', port: 0, responder: local, log: createSilentLog(), onListening: resolve },
    stop.signal,
  );
  const port = await promise;
  const { connect } = await import('node:net');
  const socket = connect(port, '127.0.0.1');
  const framed = [1, 2, 3]
    .map((id) => query('web.default.svc.cluster.local', 'A', { id }))
    .map((bytes) => Buffer.concat([Buffer.of(0, bytes.length), bytes]));
  socket.write(Buffer.concat(framed).subarray(0, 50));
  socket.write(Buffer.concat(framed).subarray(50));
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    if (received.length >= 3 * (received.readUInt16BE(0) + 2)) break;
  }
  const length = received.readUInt16BE(0) + 2;
  t.deepEqual(
    [0, 1, 2].map((index) => decode(received.subarray(index * length + 2)).id),
    [1, 2, 3],
  );
  const udp = createSocket('udp4');
  udp.send(query('web.default.svc.cluster.local'), port, '127.0.0.1');
  const [message] = (await once(udp, 'message')) as [Buffer];
  t.is(decode(message).answers?.length, 1);
  udp.close();
  stop.abort();
  await served;
});
