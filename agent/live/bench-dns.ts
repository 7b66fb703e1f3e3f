// `bench-dns.ts serve`: DNS as the agent has it, on loopback, with a resolver behind it. `bench-dns.ts ask PORT SECONDS`: how many
// queries a second it answers, with a few always under way. `bench-dns.ts offer PORT SECONDS RATE`: how soon it answers when so
// many come a second. Processes of their own, so that each can have a core.
import { createSocket, type Socket } from 'node:dgram';
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
    clock,
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

/** All questions under all ids that are used: what is measured has to be the answering. */
function makeQueries(): readonly Buffer[] {
  const names = [
    ...Array.from({ length: serviceCount }, (_, i) => `s${i}.default.svc.cluster.local`),
    ...Array.from({ length: outsideCount }, (_, i) => `host${i}.example.org`),
  ];
  return Array.from({ length: 65_536 }, (_, id) => {
    const list = id % 2 === 0 ? names.slice(0, serviceCount) : names.slice(serviceCount);
    return encode({ type: 'query', id, flags: 0x0100, questions: [{ name: list[id % list.length]!, type: 'A' }] });
  });
}

async function connectTo(port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

function isRight(bytes: Buffer): boolean {
  return (bytes[3]! & 15) === 0 && bytes.readUInt16BE(6) === 1;
}

/** `window` questions are always under way: how many are answered when no time is left between them. */
async function ask(port: number, seconds: number, window: number): Promise<void> {
  const queries = makeQueries();
  const socket = await connectTo(port);
  let [answered, wrong, next] = [0, 0, 0];
  const send = () => socket.send(queries[next++ % queries.length]!);
  socket.on('message', (bytes) => {
    answered++;
    if (!isRight(bytes)) wrong++;
    send();
  });
  for (let i = 0; i < window; i++) send();
  await clock.sleep(1500, signal); // caches fill, and code gets compiled
  [answered, wrong] = [0, 0];
  const fromMs = performance.now();
  await clock.sleep(seconds * 1000, signal);
  const perSecond = Math.round((answered * 1000) / (performance.now() - fromMs));
  process.stdout.write(`${JSON.stringify({ perSecond, wrong })}\n`);
  process.exit(0);
}

/**
 * `rate` questions a second, each at its time whether earlier ones are answered or not. An answer's time counts from the moment
 * when its question was due, not from when it was sent: if either process is held up, all whom that keeps waiting are counted.
 */
async function offer(port: number, seconds: number, rate: number): Promise<void> {
  const queries = makeQueries();
  const socket = await connectTo(port);
  const dueMs = new Float64Array(queries.length); // 0: not under way
  const warmUp = rate * 3;
  const count = warmUp + rate * seconds;
  const latencies = new Float64Array(rate * seconds);
  const lates = new Float64Array(rate * seconds);
  let [next, answered, wrong] = [0, 0, 0];
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  socket.on('message', (bytes) => {
    const id = bytes.readUInt16BE(0);
    const due = dueMs[id]!;
    if (due === 0) return; // too late: counted as lost
    dueMs[id] = 0;
    if (!isRight(bytes)) wrong++;
    if (due >= measuredFromMs) latencies[answered++] = performance.now() - due;
  });
  const startMs = performance.now() + 10;
  const measuredFromMs = startMs + (warmUp * 1000) / rate;
  // A loop that never sleeps: timers are as coarse as what is to be measured. Each turn looks for answers, too.
  const turn = () => {
    const nowMs = performance.now();
    for (; next < count; next++) {
      const due = startMs + (next * 1000) / rate;
      if (due > nowMs) break;
      const id = next % queries.length;
      dueMs[id] = due;
      if (next >= warmUp) lates[next - warmUp] = performance.now() - due;
      socket.send(queries[id]!);
    }
    if (next < count) setImmediate(turn);
    else end();
  };
  turn();
  await isOver;
  await clock.sleep(500, signal); // whoever has no answer by then gets none
  const sorted = latencies.subarray(0, answered).sort();
  const at = (q: number) => sorted[Math.floor(latencies.length * q)] ?? Number.POSITIVE_INFINITY; // what is lost is last
  const lateMs = lates.sort()[Math.floor(lates.length * 0.99)]!;
  const times = { p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999), mostMs: sorted.at(-1), lateMs };
  process.stdout.write(`${JSON.stringify({ ...times, lost: latencies.length - answered, wrong })}\n`);
  process.exit(0);
}

const [command, ...rest] = process.argv.slice(2);
if (command === 'serve') await serve();
else if (command === 'offer') await offer(Number(rest[0]), Number(rest[1]), Number(rest[2]));
else await ask(Number(rest[0]), Number(rest[1]), Number(rest[2] ?? 16));
