// HTTP/2 with TLS by a client that does next to nothing: it cuts frames and hands on what they carry, and reads of the
// head no more than whether it is a success. Node's own client would take as much of a core as the server that is measured.
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { readKubeconfig } from '#lib/client/kubeconfig.ts';

export interface Connections extends Disposable {
  /** Sends a request; they go over the connections in turn. */
  send(request: Request, answer: Answer): void;
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** At most one frame: 16 KB. */
  readonly body?: string | undefined;
}

/** What is called as an answer comes. */
export interface Answer {
  onHead(isSuccess: boolean): void;
  /** The piece is written over afterwards. */
  onData(piece: Buffer): void;
  onEnd(): void;
  onError(error: Error): void;
}

/** @param windowBytes what may be sent of one answer before some of it has been taken */
export async function openConnections(
  kubeconfig: string,
  connections: number,
  windowBytes: number,
): Promise<Connections> {
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
  const fixed = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const all = await Promise.all(Array.from({ length: connections }, () => dial(options, windowBytes)));
  let turn = 0;
  return {
    send({ method, path, headers, body }, answer) {
      const about = { ':method': method, ':scheme': 'https', ':authority': host, ':path': path };
      all[turn++ % all.length]!.open(packed({ ...about, ...headers, ...fixed }), body, answer);
    },
    [Symbol.dispose]() {
      for (const { socket } of all) socket.destroy();
    },
  };
}

interface Connection {
  readonly socket: TLSSocket;
  open(head: Buffer, body: string | undefined, answer: Answer): void;
}

interface Stream {
  readonly answer: Answer;
  taken: number;
}

async function dial(options: ConnectionOptions, windowBytes: number): Promise<Connection> {
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
  const whole = { taken: 0 };
  const waiting: (() => void)[] = []; // requests for whose bodies there was no room
  let room = 65_535; // what the server takes of all bodies
  let next = 1;
  socket.write(Buffer.concat([Buffer.from(preface), frame(settings, 0, 0, settingsOf(windowBytes))]));
  socket.write(frame(windowUpdate, 0, 0, number(mostWindowBytes - 65_535)));

  /** Gives back the room that what was taken leaves. */
  function take(id: number, of: { taken: number }, bytes: number): void {
    of.taken += bytes;
    if (of.taken < (id === 0 ? mostWindowBytes : windowBytes) / 2) return;
    socket.write(frame(windowUpdate, 0, id, number(of.taken)));
    of.taken = 0;
  }

  function see(type: number, flags: number, id: number, body: Buffer): void {
    const stream = streams.get(id);
    switch (type) {
      case data:
        stream?.answer.onData(body); // nobody pads
        take(0, whole, body.length);
        if (stream !== undefined) take(id, stream, body.length);
        break;
      case headers:
        stream?.answer.onHead(isSuccess(body));
        break;
      case reset:
        if (streams.delete(id)) stream?.answer.onError(new Error(`The stream was reset: ${body.readUInt32BE()}`));
        break;
      case settings:
        if ((flags & acknowledged) === 0) socket.write(frame(settings, acknowledged, 0));
        break;
      case ping:
        if ((flags & acknowledged) === 0) socket.write(frame(ping, acknowledged, 0, body));
        break;
      case windowUpdate:
        if (id === 0) room += body.readUInt32BE();
        for (const go of waiting.splice(0)) go();
        break;
      default:
    }
    if ((type === data || type === headers) && (flags & endOfStream) !== 0 && streams.delete(id))
      stream?.answer.onEnd();
  }

  function open(head: Buffer, body: string | undefined, answer: Answer): void {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    if (bytes !== undefined && bytes.length > room) {
      waiting.push(() => open(head, body, answer));
      return;
    }
    room -= bytes?.length ?? 0;
    const id = next;
    next += 2;
    streams.set(id, { answer, taken: 0 });
    const first = frame(headers, endOfHeaders | (bytes === undefined ? endOfStream : 0), id, head);
    socket.write(bytes === undefined ? first : Buffer.concat([first, frame(data, endOfStream, id, bytes)]));
  }

  cut = createCutter(see);
  socket.once('close', () => {
    for (const { answer } of streams.values()) answer.onError(new Error('The connection was closed'));
  });
  return { socket, open };
}
export const mostWindowBytes = 2 ** 31 - 1;
const readBytes = 256 * 1024;

/**
 * Pieces, and what is handed on, may be written over afterwards. What is whole in a piece is not copied.
 * Rule: RFC 9113, 4.1: nine bytes, then as many as the first three say.
 */
export function createCutter(
  see: (type: number, flags: number, id: number, body: Buffer) => void,
): (piece: Buffer) => void {
  const begun = Buffer.alloc(headBytes + mostBodyBytes); // a frame that goes on in the next piece
  let has = 0; // so many bytes of it

  /** Adds what is there up to `wanted` bytes. @returns how many */
  function add(piece: Buffer, at: number, wanted: number): number {
    const copied = piece.copy(begun, has, at, Math.min(piece.length, at + wanted - has));
    has += copied;
    return copied;
  }

  function tell(bytes: Buffer, at: number, end: number): void {
    const id = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    see(bytes[at + 3]!, bytes[at + 4]!, id, bytes.subarray(at + headBytes, end));
  }

  return (piece) => {
    let at = 0;
    if (has > 0) {
      if (has < headBytes) at += add(piece, at, headBytes);
      if (has < headBytes) return;
      const end = headBytes + begun.readUIntBE(0, 3);
      at += add(piece, at, end);
      if (has < end) return;
      has = 0;
      tell(begun, 0, end);
    }
    while (piece.length - at >= headBytes) {
      const end = at + headBytes + piece.readUIntBE(at, 3);
      if (end > piece.length) break;
      tell(piece, at, end);
      at = end;
    }
    if (at < piece.length) add(piece, at, begun.length);
  };
}
const mostBodyBytes = 16_384; // unless a setting allows for more
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

function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([0, id]), number(value)]);
}

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** No table of earlier fields, no pushes. */
function settingsOf(windowBytes: number): Buffer {
  return Buffer.concat([setting(1, 0), setting(2, 0), setting(4, windowBytes)]);
}

/**
 * Whether the first field of a head is a status from 200 to 299.
 * Rule: RFC 7541: an indexed field (0x88 to 0x8a of the static table), or a literal named by 8 to 14, whose value begins with 2:
 * as it is, or in Huffman's code (00010).
 */
export function isSuccess(head: Buffer): boolean {
  let at = 0;
  while ((head[at]! & 0xe0) === 0x20) at += 1; // the table's size is updated
  const first = head[at]!;
  if (first >= 0x80) return first >= 0x88 && first <= 0x8a;
  const name = first & 0x40 ? first & 0x3f : first & 0x0f;
  if (name < 8 || name > 14) return false;
  const isCoded = (head[at + 1]! & 0x80) !== 0;
  return isCoded ? head[at + 2]! >> 3 === 2 : head[at + 2] === 0x32;
}

/** Rule: RFC 7541, 6.2.2: literals that nobody keeps. */
export function packed(fields: Readonly<Record<string, string>>): Buffer {
  const bytes = Buffer.allocUnsafe(mostHeadBytes);
  let at = 0;
  for (const name in fields) {
    bytes[at++] = 0;
    at = writeText(bytes, at, name);
    at = writeText(bytes, at, fields[name]!);
  }
  return bytes.subarray(0, at);
}
const mostHeadBytes = 8_192; // a token is the longest that is said

/** ASCII, after its length. @returns where it ends */
function writeText(bytes: Buffer, from: number, value: string): number {
  let at = from;
  if (value.length < 127) bytes[at++] = value.length;
  else {
    bytes[at++] = 127;
    let left = value.length - 127;
    for (; left >= 128; left >>= 7) bytes[at++] = (left & 0x7f) | 0x80;
    bytes[at++] = left;
  }
  return at + bytes.write(value, at, 'latin1');
}
