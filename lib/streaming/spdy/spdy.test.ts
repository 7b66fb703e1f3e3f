import { duplexPair } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { constants, createDeflate } from 'node:zlib';
import test from 'ava';
import { dictionary } from './dictionary.ts';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';
import { HeaderDecoder, HeaderEncoder } from './headers.ts';
import { createSpdySession } from './session.ts';
import type { SpdyStream } from './stream.ts';

const frames: readonly Frame[] = [
  { type: 'synStream', id: 1, fin: false, block: Buffer.from('block') },
  { type: 'synReply', id: 1, fin: true, block: Buffer.alloc(0) },
  { type: 'data', id: 0x7fffffff, fin: true, data: Buffer.from('hello') },
  { type: 'data', id: 3, fin: true, data: Buffer.alloc(0) },
  { type: 'reset', id: 1, status: 5 },
  { type: 'ping', id: 0x80000001 },
  { type: 'goAway', id: 0, status: 0 },
];

test('FrameReader reads what encodeFrame() wrote', (t) => {
  t.deepEqual([...new FrameReader().push(Buffer.concat(frames.map(encodeFrame)))], [...frames]);
});

test('FrameReader reads frames that arrive byte by byte, data in pieces', (t) => {
  const reader = new FrameReader();
  const read: Frame[] = [];
  for (const byte of Buffer.concat(frames.map(encodeFrame))) read.push(...reader.push(Buffer.from([byte])));
  const text = read.flatMap((frame) => (frame.type === 'data' ? [frame.data.toString(), frame.fin] : []));
  t.deepEqual(text, ['h', false, 'e', false, 'l', false, 'l', false, 'o', true, '', true]);
  t.deepEqual(
    read.filter(({ type }) => type !== 'data'),
    frames.filter(({ type }) => type !== 'data'),
  );
});

test('FrameReader passes over frames that need no answer', (t) => {
  const settings = Buffer.from([0x80, 3, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0]);
  const update = Buffer.from([0x80, 3, 0, 9, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 1, 0]);
  t.deepEqual([...new FrameReader().push(Buffer.concat([settings, update, encodeFrame(frames[4]!)]))], [frames[4]!]);
});

test('FrameReader refuses what is no SPDY', (t) => {
  const push = (...bytes: number[]) => [...new FrameReader().push(Buffer.from(bytes))];
  t.throws(() => push(0x80, 2, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1), { message: 'Cannot read SPDY version 2' });
  t.throws(() => push(0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff), { message: /Cannot read a control frame/ });
  t.throws(() => push(0x80, 3, 0, 3, 0, 0, 0, 4, 0, 0, 0, 1), { message: /too short/ });
});

test('HeaderDecoder reads what HeaderEncoder wrote, block after block', (t) => {
  const encoder = new HeaderEncoder();
  const decoder = new HeaderDecoder();
  for (const headers of [{ streamType: 'stdin' }, { streamtype: 'data', port: '80', requestid: '0' }, {}]) {
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    t.deepEqual({ ...decoder.decode(encoder.encode(headers)) }, Object.fromEntries(lower));
  }
});

test('HeaderDecoder reads blocks compressed against the dictionary and against earlier blocks', async (t) => {
  const deflate = createDeflate({ dictionary });
  const decoder = new HeaderDecoder();
  for (const value of ['stdin', 'stdin', 'x'.repeat(1000), 'stdin']) {
    const name = 'content-type';
    const plain = Buffer.concat([
      Buffer.from([0, 0, 0, 1, 0, 0, 0, name.length]),
      Buffer.from(name),
      Buffer.from([0, 0, value.length >> 8, value.length & 255]),
      Buffer.from(value),
    ]);
    deflate.write(plain);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    const pieces: Buffer[] = [];
    for (let piece = deflate.read(); piece !== null; piece = deflate.read()) pieces.push(piece as Buffer);
    t.deepEqual({ ...decoder.decode(Buffer.concat(pieces)) }, { [name]: value });
  }
});

test('HeaderDecoder refuses a block that inflates without end', (t) => {
  const deflate = createDeflate({ dictionary });
  deflate.end(Buffer.alloc(10 << 20));
  return buffer(deflate).then((block) => {
    t.throws(() => new HeaderDecoder().decode(block), { message: 'Cannot inflate a header block' });
  });
});

function connect(onStream: (stream: SpdyStream) => void) {
  const [near, far] = duplexPair();
  const server = createSpdySession(far, { role: 'server', onStream });
  return { client: createSpdySession(near, { role: 'client' }), server };
}

test('createSpdySession() carries streams both ways, half-closed in turn', async (t) => {
  const { client } = connect((stream) => stream.pipe(stream));
  const streams = ['a', 'b'].map((kind) => client.open({ streamtype: kind }));
  for (const stream of streams) stream.end(`echo of ${stream.headers['streamtype']}`);
  t.deepEqual(await Promise.all(streams.map((stream) => text(stream))), ['echo of a', 'echo of b']);
});

test('createSpdySession() carries more than its buffers hold', async (t) => {
  const { client } = connect((stream) => stream.pipe(stream));
  const stream = client.open({});
  const sent = Buffer.alloc(5 << 20, 'skiff');
  stream.end(sent);
  t.true((await buffer(stream)).equals(sent));
});

test('createSpdySession() lets what was sent before the end be read after it', async (t) => {
  const { client } = connect((stream) => {
    stream.write('last words', () => stream.destroy());
  });
  const stream = client.open({});
  t.is(await text(stream), 'last words');
  await t.throwsAsync(async () => {
    await new Promise<void>((resolve, reject) => stream.write('x', (error) => (error ? reject(error) : resolve())));
  });
});

test('createSpdySession() ends its streams with the connection', async (t) => {
  const { client, server } = connect(() => server.close());
  const stream = client.open({});
  t.is(await text(stream), '');
  await Promise.all([client.closed, server.closed]);
});
