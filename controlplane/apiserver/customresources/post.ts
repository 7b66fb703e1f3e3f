import { request } from 'node:https';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** What the certificate must be for. */
  readonly serverName: string;
  readonly path: string;
  /** PEM; absent: the authorities that the machine trusts. */
  readonly ca?: string;
}

/**
 * Posts JSON over TLS and returns the answer's body.
 * @throws an Error in words for people, if the other end cannot be reached, is not who it should be, or says no
 */
export function postJson(
  { host, port, serverName, path, ca }: Endpoint,
  body: string,
  signal: AbortSignal,
): Promise<string> {
  const address = `https://${serverName}:${port}${path}`;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new Error(`Post ${JSON.stringify(address)}: ${error.message}`));
    const outgoing = request({
      host,
      port,
      method: 'POST',
      path,
      servername: serverName,
      headers: {
        host: `${serverName}:${port}`,
        'content-type': 'application/json',
        accept: 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'kube-apiserver-admission',
      },
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      ...(ca === undefined ? {} : { ca }),
    });
    outgoing.once('error', fail);
    outgoing.once('response', (response) => {
      const pieces: Buffer[] = [];
      let length = 0;
      response.on('error', fail);
      response.on('data', (piece: Buffer) => {
        length += piece.length;
        if (length > maxBytes) outgoing.destroy(new Error('the answer is too long'));
        else pieces.push(piece);
      });
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString();
        if (response.statusCode === 200) resolve(text);
        else fail(new Error(`the server answered ${response.statusCode}: ${text.slice(0, 200)}`));
      });
    });
    outgoing.end(body);
  });
}
const timeoutMs = 30_000;
const maxBytes = 64 * 1024 * 1024;
