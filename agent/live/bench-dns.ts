// `bench-dns.ts serve`: DNS as the agent has it, on loopback, with a resolver behind it. `bench-dns.ts ask PORT SECONDS`: how many
// queries a second it answers, and how soon, with a few always under way. Two processes, so that each can have a core of its own.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode } from 'dns-packet';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { createForwarder } from '../dns/forward.ts';
import { createResponder } from '../dns/respond.ts';
import { serveDns } from '../dns/server.ts';
import { ZoneIndex } from '../dns/zone.ts';
import { exampleService } from '../proxy/example.ts';

const { signal } = new AbortController();
const clock = createClock();
const serviceCount = 1000;
const outsideCount = 100;

async function serve(): Promise<void> {
  const zone = new ZoneIndex();
  for (let i = 0; i < serviceCount; i++) {
    const service = exampleService(`s${i}`, { clusterIP: `10.96.${i >> 8}.${i & 255}` });
    zone.put(`default/s${i}`, { service, slices: [] });
  }
  const port = await startUpstream();
  const responder = createResponder({
    facts: { domain: 'cluster.local', zone, ownRanges: [], address: '10.96.0.10' },
    forwarder: createForwarder({ upstreams: () => [{ address: '127.0.0.1', port }], clock }),
    isSynced: () => true,
  });
  const onListening = (own: number) => process.stdout.write(`${own}\n`);
  await serveDns({ address: '127.0.0.1', port: 0, responder, log: createSilentLog(), onListening }, signal);
}

async function startUpstream(): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, peer) => {
    const { id, questions } = decode(bytes);
    const { name } = questions![0]!;
    const answers = [{ type: 'A' as const, name, ttl: 300, data: '192.0.2.1' }];
    socket.send(
      encode({ type: 'response', id: id!, flags: 0x8180, questions: questions!, answers }),
      peer.port,
      peer.address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

async function ask(port: number, seconds: number, window: number): Promise<void> {
  const names = [
    ...Array.from({ length: serviceCount }, (_, i) => `s${i}.default.svc.cluster.local`),
    ...Array.from({ length: outsideCount }, (_, i) => `host${i}.example.org`),
  ];
  const queries = Array.from({ length: 4096 }, (_, id) => {
    const list = id % 2 === 0 ? names.slice(0, serviceCount) : names.slice(serviceCount);
    return encode({ type: 'query', id, flags: 0x0100, questions: [{ name: list[id % list.length]!, type: 'A' }] });
  });
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const sentMs = new Float64Array(queries.length);
  let latencies: number[] = [];
  let wrong = 0;
  let next = 0;
  const send = (): void => {
    const id = next++ % queries.length;
    sentMs[id] = performance.now();
    socket.send(queries[id]!);
  };
  socket.on('message', (bytes) => {
    latencies.push(performance.now() - sentMs[bytes.readUInt16BE(0)]!);
    if ((bytes[3]! & 15) !== 0 || bytes.readUInt16BE(6) !== 1) wrong++;
    send();
  });
  for (let i = 0; i < window; i++) send();
  await clock.sleep(1500, signal); // caches fill, and code gets compiled
  latencies = [];
  wrong = 0;
  const fromMs = performance.now();
  await clock.sleep(seconds * 1000, signal);
  const sorted = latencies.toSorted((a, b) => a - b);
  const perSecond = (sorted.length * 1000) / (performance.now() - fromMs);
  const p99Ms = sorted[Math.floor(sorted.length * 0.99)];
  process.stdout.write(`${JSON.stringify({ perSecond: Math.round(perSecond), p99Ms, wrong })}\n`);
  process.exit(0);
}

const [command, ...rest] = process.argv.slice(2);
if (command === 'serve') await serve();
else await ask(Number(rest[0]), Number(rest[1]), Number(rest[2] ?? 16));
