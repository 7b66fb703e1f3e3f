// `flow.ts SERVICE IP...`: a server on each IP, port 8080, and clients of SERVICE, port 80: one connection that stays, and a new one
// every few milliseconds. Says `up`; a line of input is answered by what has happened since the last one; ends with its input.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export interface Flow {
  /** Requests that were answered, each on a connection of its own. */
  readonly answered: number;
  readonly failed: number;
  /** The source ports of those that failed. */
  readonly failedPorts: readonly number[];
  /** From the first failure until the last, in milliseconds. */
  readonly failingMs: number;
  /** Answers on the connection that stays. */
  readonly echoes: number;
  /** How often that had to be made anew. */
  readonly breaks: number;
}

const slower = Number(process.env['LAB_SLOWER'] ?? 1);
const [service, ...ips] = process.argv.slice(2);
let counts = { answered: 0, failed: 0, echoes: 0, breaks: 0 };
let failedAtMs: number[] = [];
let failedPorts: number[] = [];

for (const ip of ips) {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  await once(server.listen(8080, ip), 'listening');
}
createInterface({ input: process.stdin })
  .on('line', () => {
    const failingMs = Math.round((failedAtMs.at(-1) ?? 0) - (failedAtMs[0] ?? 0));
    process.stdout.write(`${JSON.stringify({ ...counts, failingMs, failedPorts } satisfies Flow)}\n`);
    counts = { answered: 0, failed: 0, echoes: 0, breaks: 0 };
    failedAtMs = [];
    failedPorts = [];
  })
  .on('close', () => process.exit());
process.stdout.write('up\n');
void stay();
for (;;) {
  await ask();
  await delay(5);
}

async function ask(): Promise<void> {
  const socket = connect({ host: service!, port: 80 });
  let port = 0;
  setImmediate(() => (port = socket.localPort ?? 0)); // by then it has one; once it has failed it tells no more
  socket.setTimeout(500 * slower, () => socket.destroy(new Error('silent')));
  socket.on('error', () => {}); // after the answer, too: who flushes rules may have it reset
  try {
    socket.write('?');
    await once(socket, 'data');
    counts.answered++;
  } catch {
    counts.failed++;
    failedAtMs.push(performance.now());
    failedPorts.push(port);
  }
  socket.destroy();
}

async function stay(): Promise<void> {
  for (;;) {
    const socket = connect({ host: service!, port: 80 });
    socket.setTimeout(2_000 * slower, () => socket.destroy(new Error('silent')));
    socket.on('data', () => {
      counts.echoes++;
    });
    socket.on('error', () => {});
    const closed = once(socket, 'close').then(
      () => false,
      () => false, // an error closes it, too
    );
    while (await Promise.race([closed, delay(20, true)])) socket.write('!');
    counts.breaks++;
    await delay(100);
  }
}
