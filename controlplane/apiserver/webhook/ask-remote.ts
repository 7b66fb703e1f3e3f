// A question to somebody outside, as upstream's kubeconfig files for webhooks describe them.
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { readKubeconfig } from '#lib/client/kubeconfig.ts';
import type { Clock } from '#lib/clock.ts';
import { readAnswer } from './read-answer.ts';

/** Sends an object and returns what comes back. @throws {Error} if there is no answer, or none that means one */
export type AskRemote = (body: object, signal: AbortSignal) => Promise<unknown>;

/** Connections are kept; certificates are read anew with each that is made. */
export async function createAskRemote(kubeconfig: string, clock: Clock): Promise<AskRemote> {
  const access = await readKubeconfig(kubeconfig);
  const url = new URL(access.server);
  if (url.protocol !== 'https:') throw new TypeError(`The server in ${kubeconfig} is not reached by https`);
  const servername = access.serverName === undefined ? {} : { servername: access.serverName };
  const agent = new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 4, timeout: 90_000 });

  async function once(text: string, signal: AbortSignal): Promise<unknown> {
    const [{ ca, cert, key }, token] = await Promise.all([access.credentials(), access.token()]);
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': Buffer.byteLength(text),
      'user-agent': 'kube-apiserver',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const identity = { ca: bytesOf(ca), cert: bytesOf(cert), key: bytesOf(key), ...servername };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(url, { method: 'POST', agent, signal, headers, ...identity }, resolve);
      outgoing.on('error', reject);
      outgoing.end(text);
    });
    const { statusCode = 0 } = response;
    const answer = await readAnswer(response, mostBytes);
    if (statusCode < 200 || statusCode > 299) throw new RefusedError(statusCode);
    return JSON.parse(answer);
  }

  return async (body, signal) => {
    const text = JSON.stringify(body);
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(text, limited);
      } catch (error) {
        const isFinal = error instanceof RefusedError && error.code < 500 && error.code !== 429;
        if (isFinal || attempt === mostAttempts || limited.aborted) throw error;
        await clock.sleep(firstPauseMs * 1.5 ** (attempt - 1), limited);
      }
    }
  };
}
const limitMs = 30_000;
const mostBytes = 4 * 1024 * 1024;
/** Rule: apiserver util/webhook, DefaultRetryBackoff. */
const mostAttempts = 5;
const firstPauseMs = 500;

function bytesOf(pem: string | Uint8Array | undefined): Buffer | undefined {
  return pem === undefined ? undefined : Buffer.from(pem as string);
}

class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: number;

  constructor(code: number) {
    super(`it answered ${code}`);
    this.code = code;
  }
}
