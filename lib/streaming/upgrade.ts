import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ReasonError } from '#lib/errors.ts';
import { http } from '../http.ts';

export interface UpgradeRequest {
  /** http only: what we ask is on this node. */
  readonly url: URL;
  readonly method: string;
  /** `connection` and `upgrade` included. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

export interface Upgraded {
  readonly socket: Duplex;
  /** What came with the answer's head and belongs to the new protocol. */
  readonly head: Buffer;
  readonly headers: IncomingMessage['headers'];
}

/** Asks for another protocol on a connection of its own. @throws {ReasonError} ServiceUnavailable with the peer's words if it stays with HTTP */
export function requestUpgrade({ url, method, headers }: UpgradeRequest, signal: AbortSignal): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const asked = http.request(url, { method, headers: headers as Record<string, string>, agent: false });
    const abort = () => asked.destroy(signal.reason instanceof Error ? signal.reason : undefined);
    signal.addEventListener('abort', abort, { once: true });
    const done = () => signal.removeEventListener('abort', abort);
    asked.once('upgrade', (response, socket, head) => {
      done();
      resolve({ socket, head, headers: response.headers });
    });
    asked.once('response', (response) => {
      done();
      refusal(response).then(reject, reject);
    });
    asked.once('error', (error) => {
      done();
      reject(new ReasonError('ServiceUnavailable', `Cannot reach ${url.host}: ${error.message}`, { cause: error }));
    });
    asked.end();
  });
}

async function refusal(response: IncomingMessage): Promise<ReasonError> {
  let text = '';
  for await (const chunk of response) {
    text += chunk;
    if (text.length > 4096) break;
  }
  return new ReasonError('ServiceUnavailable', text.trim() || `unexpected status ${response.statusCode}`);
}
