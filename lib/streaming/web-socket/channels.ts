// Messages of `*.channel.k8s.io` subprotocols: a channel number, then its data; binary, or both as base64 text. Pure.

export interface Message {
  readonly channel: number;
  readonly data: Uint8Array;
}

/** In v5, this channel says which other channel has come to its end. */
export const closeChannel = 255;

export interface Subprotocol {
  readonly name: string;
  readonly isBase64: boolean;
  /** 5 adds the end of a channel; 4 a Status on the error channel, which before held plain text. */
  readonly version: 1 | 4 | 5;
}

/** What exec, attach and legacy port-forward speak, best first. No subprotocol at all means the first one there ever was. */
export const subprotocols: readonly Subprotocol[] = [
  { name: 'v5.channel.k8s.io', isBase64: false, version: 5 },
  { name: 'v4.channel.k8s.io', isBase64: false, version: 4 },
  { name: 'v4.base64.channel.k8s.io', isBase64: true, version: 4 },
  { name: 'channel.k8s.io', isBase64: false, version: 1 },
  { name: 'base64.channel.k8s.io', isBase64: true, version: 1 },
];

/** `undefined` for what is no message. */
export function decodeMessage(bytes: Uint8Array, { isBase64 }: Subprotocol): Message | undefined {
  const [first] = bytes;
  if (first === undefined) return undefined;
  if (!isBase64) return { channel: first, data: bytes.subarray(1) };
  const channel = first - zero;
  if (channel < 0 || channel > 9) return undefined;
  return { channel, data: Buffer.from(Buffer.from(bytes.subarray(1)).toString('latin1'), 'base64') };
}
const zero = 48;

/** A string goes out as a text message. */
export function encodeMessage({ channel, data }: Message, { isBase64 }: Subprotocol): Buffer | string {
  if (isBase64) return `${channel}${Buffer.from(data).toString('base64')}`;
  return Buffer.concat([Buffer.from([channel]), data]);
}
