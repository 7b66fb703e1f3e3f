// Watches over HTTP/2 with TLS by a client that does next to nothing: it cuts the frames and hands on what they carry. Node's
// own client would take as much of a core for a hundred streams as the server that is measured.
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { readKubeconfig } from '#lib/client/kubeconfig.ts';

export interface Followers extends Disposable {
  /** Calls `onData` with each piece of an answer that goes on. Settles with its head. */
  follow(path: string, onData: (piece: Buffer) => void): Promise<void>;
}

/** @param connections so many; requests go over them in turn */
export async function openFollowers(kubeconfig: string, connections: number): Promise<Followers> {
  const access = await readKubeconfig(kubeconfig);
  const [{ ca, cert, key }, token] = await Promise.all([access.credentials(), access.token()]);
  const { host, hostname, port } = new URL(access.server);
  const options: ConnectionOptions = {
    ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
    ...(cert === undefined ? {} : { cert: Buffer.from(cert) }),
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
    host: hostname,
    port: Number(port || 443),
    servername: access.serverName ?? '',
    ALPNProtocols: ['h2'],
  };
  const about = { ':method': 'GET', ':scheme': 'https', ':authority': host };
  const fixed = {
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const all = await Promise.all(Array.from({ length: connections }, () => dial(options)));
  let turn = 0;
  return {
    follow: (path, onData) => all[turn++ % all.length]!.open({ ...about, ':path': path, ...fixed }, onData),
    [Symbol.dispose]() {
      for (const { socket } of all) socket.destroy();
    },
  };
}

interface Connection {
  readonly socket: TLSSocket;
  open(headers: Readonly<Record<string, string>>, onData: (piece: Buffer) => void): Promise<void>;
}

interface Stream {
  readonly onData: (piece: Buffer) => void;
  readonly onHead: () => void;
  readonly onError: (error: Error) => void;
  taken: number;
}

async function dial(options: ConnectionOptions): Promise<Connection> {
  let cut = (_piece: Buffer) => {};
  const into = Buffer.alloc(readBytes); // the same for all that is read: the collector has nothing to do
  const callback = (bytes: number): boolean => {
    cut(into.subarray(0, bytes));
    return true;
  };
  const socket = connect({ ...options, onread: { buffer: into, callback } } as ConnectionOptions); // the types know it of plain sockets only
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  socket.setNoDelay(true).on('error', () => {}); // its end tells
  const streams = new Map<number, Stream>();
  const whole: Stream = { onData() {}, onHead() {}, onError() {}, taken: 0 };
  let next = 1;
  socket.write(Buffer.concat([Buffer.from(preface), frame(settings, 0, 0, firstSettings)]));
  socket.write(frame(windowUpdate, 0, 0, number(windowBytes - 65_535)));

  /** Gives back the room that what was taken leaves. */
  function take(id: number, stream: Stream, bytes: number): void {
    stream.taken += bytes;
    if (stream.taken < windowBytes / 2) return;
    socket.write(frame(windowUpdate, 0, id, number(stream.taken)));
    stream.taken = 0;
  }

  function see(type: number, flags: number, id: number, body: Buffer): void {
    const stream = streams.get(id);
    switch (type) {
      case data:
        stream?.onData(body); // nobody pads
        take(0, whole, body.length);
        if (stream !== undefined) take(id, stream, body.length);
        break;
      case headers:
        if (body[0] === status200) stream?.onHead();
        else stream?.onError(new Error('The answer was no success'));
        break;
      case reset:
        stream?.onError(new Error(`The stream was reset: ${body.readUInt32BE()}`));
        break;
      case settings:
        if ((flags & acknowledged) === 0) socket.write(frame(settings, acknowledged, 0));
        break;
      case ping:
        if ((flags & acknowledged) === 0) socket.write(frame(ping, acknowledged, 0, body));
        break;
      default:
    }
  }

  cut = createCutter(see);
  socket.once('close', () => {
    for (const { onError } of streams.values()) onError(new Error('The connection was closed'));
  });
  return {
    socket,
    open(fields, onData) {
      return new Promise((resolve, reject) => {
        streams.set(next, { onData, onHead: resolve, onError: reject, taken: 0 });
        socket.write(frame(headers, endOfStream | endOfHeaders, next, packed(fields)));
        next += 2;
      });
    },
  };
}
const windowBytes = 2 ** 31 - 1;
const readBytes = 256 * 1024;

/** Pieces may be written over once they have been cut. Rule: RFC 9113, 4.1: nine bytes, then as many as the first three say. */
export function createCutter(
  see: (type: number, flags: number, id: number, body: Buffer) => void,
): (piece: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (piece) => {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    while (bytes.length - at >= headBytes) {
      const end = at + headBytes + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      see(bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5) & 0x7fffffff, bytes.subarray(at + headBytes, end));
      at = end;
    }
    rest = Buffer.from(bytes.subarray(at));
  };
}
const headBytes = 9;

function frame(type: number, flags: number, id: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, body]);
}
const [data, headers, reset, settings, ping, windowUpdate] = [0, 1, 3, 4, 6, 8] as const;
const [endOfStream, acknowledged, endOfHeaders] = [1, 1, 4] as const;

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
// No pushes, and room for all that may come.
const firstSettings = Buffer.concat([Buffer.from([0, 2, 0, 0, 0, 0, 0, 4]), number(windowBytes)]);
const status200 = 0x88; // the static table's

/** Rule: RFC 7541, 6.2.2: literals that nobody keeps. */
export function packed(fields: Readonly<Record<string, string>>): Buffer {
  const all = Object.entries(fields).flatMap(([name, value]) => [Buffer.from([0]), ...text(name), ...text(value)]);
  return Buffer.concat(all);
}

function text(value: string): readonly Buffer[] {
  const bytes = Buffer.from(value);
  if (bytes.length < 127) return [Buffer.from([bytes.length]), bytes];
  const more = [127];
  let left = bytes.length - 127;
  for (; left >= 128; left >>= 7) more.push((left & 0x7f) | 0x80);
  return [Buffer.from([...more, left]), bytes];
}
