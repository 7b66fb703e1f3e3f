// Stands between an agent and its containerd, and breaks what passes while it is told to: `proxy.ts LISTEN TARGET`.
// It is told over IPC: { seed } to begin, {} to stop; it answers with how often it did what.
import { rmSync } from 'node:fs';
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { loadServices } from '#cri/channel.ts';
import { planEventFault, planFault, planOutage } from './plan.ts';
import { createRandom, type Random } from './random.ts';

const [listen = '', target = ''] = process.argv.slice(2);
const bytes = 16 * 1024 * 1024;
const client = new Client(`unix://${target}`, credentials.createInsecure(), {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.max_receive_message_length': bytes,
  'grpc.default_authority': 'localhost',
});
let random: Random | undefined; // absent: all passes
let isAway = false;
let outage: NodeJS.Timeout | undefined;
let counts: Record<string, number> = {};

function count(what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}

process.on('message', ({ seed }: { readonly seed?: number }) => {
  process.send?.({ counts });
  clearTimeout(outage);
  isAway = false;
  counts = {};
  random = seed === undefined ? undefined : createRandom(seed);
  if (seed !== undefined) planNextOutage(createRandom(seed ^ 0x5bd1e995));
});
process.on('disconnect', () => process.exit(0));

function planNextOutage(numbers: Random): void {
  const { afterMs, forMs } = planOutage(numbers);
  outage = setTimeout(() => {
    isAway = true;
    count('outage');
    for (const stream of streams) stream.destroy(failure(14));
    outage = setTimeout(() => {
      isAway = false;
      planNextOutage(numbers);
    }, forMs);
  }, afterMs);
}
const streams = new Set<ServerWritableStream<Buffer, Buffer>>();

function failure(code: number): ServiceError {
  return Object.assign(new Error('a fault was injected'), {
    code,
    details: 'a fault was injected',
    metadata: new Metadata(),
  });
}

function unary(path: string, call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void {
  if (isAway) {
    answer(failure(14));
    return;
  }
  const fault = random === undefined ? ({ do: 'nothing' } as const) : planFault(random);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (fault.do !== 'nothing') count(`${fault.do} ${name}`);
  if (fault.do === 'refuse') {
    answer(failure(fault.code));
    return;
  }
  const isHandedOn = fault.do !== 'lose' && fault.do !== 'abandon';
  const send = () => {
    const sent = client.makeUnaryRequest(path, same, same, call.request, call.metadata, {}, (error, value) => {
      if (fault.do === 'lose') answer(failure(fault.code));
      if (!isHandedOn) return;
      const hand = () => (error === null ? answer(null, value as Buffer) : answer(error));
      if (fault.do === 'delay' && fault.where === 'after') setTimeout(hand, fault.ms);
      else hand();
    });
    if (isHandedOn) call.on('cancelled', () => sent.cancel());
  };
  if (fault.do === 'delay' && fault.where === 'before') setTimeout(send, fault.ms);
  else send();
  if (fault.do === 'abandon') answer(failure(fault.code));
}

function stream(path: string, call: ServerWritableStream<Buffer, Buffer>): void {
  if (isAway) return void call.destroy(failure(14));
  const sent = client.makeServerStreamRequest(path, same, same, call.request, call.metadata);
  streams.add(call);
  call.on('cancelled', () => sent.cancel());
  call.on('close', () => streams.delete(call));
  sent.on('data', (message: Buffer) => {
    const fault = random === undefined ? ({ do: 'nothing' } as const) : planEventFault(random);
    if (fault.do !== 'nothing') count(`${fault.do} event`);
    if (fault.do === 'drop') return;
    if (fault.do === 'cut') {
      sent.cancel();
      call.destroy(failure(14));
      return;
    }
    if (fault.do === 'delay') setTimeout(() => call.writable && call.write(message), fault.ms);
    else call.write(message);
    if (fault.do === 'double') call.write(message);
  });
  sent.on('error', (error) => call.destroy(error));
  sent.on('end', () => call.end());
}

const same = (message: Buffer) => message;
const server = new Server({ 'grpc.max_receive_message_length': bytes, 'grpc.max_send_message_length': bytes });
for (const service of Object.values(await loadServices())) {
  const raw = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
  const definition = Object.fromEntries(Object.entries(service).map(([name, one]) => [name, { ...one, ...raw }]));
  const handlers = Object.entries(service).map(([name, { path, responseStream }]) => [
    name,
    responseStream
      ? (call: ServerWritableStream<Buffer, Buffer>) => stream(path, call)
      : (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => unary(path, call, answer),
  ]);
  server.addService(definition, Object.fromEntries(handlers));
}
rmSync(listen, { force: true });
server.bindAsync(`unix://${listen}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
  process.send?.({ isListening: true });
});
