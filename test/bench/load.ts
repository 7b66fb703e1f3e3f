// Requests over HTTP/2 with TLS by a client that does next to nothing: answers are counted, not decoded.
import { type ClientHttp2Session, connect } from 'node:http2';
import { readKubeconfig } from '#lib/client/kubeconfig.ts';

export interface Shot {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  /** Of the body; JSON unless told. */
  readonly type?: string;
  /** JSON unless told. */
  readonly accept?: string;
  /** An answer that is shorter is none. */
  readonly leastBytes?: number;
}

export interface Load extends Disposable {
  /** Settles with how many bytes the answer had. @throws {Error} if it is not a success */
  fire(shot: Shot): Promise<number>;
}

/** @param connections so many; requests go over them in turn */
export async function openLoad(kubeconfig: string, connections = 1): Promise<Load> {
  const access = await readKubeconfig(kubeconfig);
  const [{ ca, cert, key }, token] = await Promise.all([access.credentials(), access.token()]);
  const options = {
    ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
    ...(cert === undefined ? {} : { cert: Buffer.from(cert) }),
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
    ...(access.serverName === undefined ? {} : { servername: access.serverName }),
    settings: { enablePush: false, initialWindowSize: windowBytes },
  };
  const sessions = await Promise.all(Array.from({ length: connections }, () => dial(access.server, options)));
  const fixed = { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  let turn = 0;

  function open({ method, path, body, type = 'application/json', accept = 'application/json' }: Shot) {
    const session = sessions[turn++ % sessions.length]!;
    const about = body === undefined ? {} : { 'content-type': type };
    const headers = { ...fixed, ...about, accept, ':method': method, ':path': path };
    const stream = session.request(headers, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    return stream;
  }

  return {
    fire: (shot) =>
      new Promise((resolve, reject) => {
        const stream = open(shot);
        let status = 0;
        let bytes = 0;
        stream.once('response', (head) => (status = Number(head[':status'])));
        stream.on('data', (piece: Buffer) => (bytes += piece.length));
        stream.once('error', reject);
        stream.once('end', () => {
          if (status < 300 && bytes >= (shot.leastBytes ?? 0)) resolve(bytes);
          else reject(new Error(`${shot.method} ${shot.path} was answered with ${status} and ${bytes} bytes`));
        });
      }),
    [Symbol.dispose]() {
      for (const session of sessions) session.destroy();
    },
  };
}
const windowBytes = 4 << 20;

function dial(server: string, options: Parameters<typeof connect>[1]): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(server, options);
    session.once('connect', () => {
      session.setLocalWindowSize(windowBytes * 4);
      session.off('error', reject);
      session.on('error', () => {}); // its requests tell
      resolve(session);
    });
    session.once('error', reject);
  });
}
