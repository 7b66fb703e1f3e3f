import { request } from 'node:https';
import type { APIResourceList } from '#lib/api/types/meta.v1.ts';
import { remoteHeaders } from '../authentication/request-header.ts';
import type { Target } from '../proxy/target.ts';

export interface Fetched {
  /** Undefined: still the one of the tag that was sent along. */
  readonly document: unknown;
  readonly etag?: string;
}

/** The discovery document of one version, as its server gives it to us. @throws {Error} if it does not within five seconds */
export async function discover(target: Target, path: string, signal: AbortSignal): Promise<APIResourceList> {
  return (await fetchDocument(target, path, undefined, signal)).document as APIResourceList;
}

/** A document of an extension API server. `etag`: of the one that is known. @throws {Error} if there is none within five seconds */
export function fetchDocument(
  target: Target,
  path: string,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<Fetched> {
  const { host, port, tls = {} } = target;
  const { ca, client, isPublic = false, servername } = tls;
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
  const limit = AbortSignal.timeout(5_000);
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      const why = limit.aborted ? 'context deadline exceeded' : error.message;
      reject(new Error(`failing or missing response from ${url}: Get ${JSON.stringify(url)}: ${why}`));
    };
    const outgoing = request({
      host,
      port,
      path,
      agent: false,
      signal: AbortSignal.any([signal, limit]),
      ...(ca === undefined ? { rejectUnauthorized: isPublic } : { ca }),
      ...(client === undefined ? {} : { cert: client.cert, key: client.key }),
      ...(servername === undefined ? {} : { servername }),
      headers: {
        accept: 'application/json',
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
        ...remoteHeaders(aggregator),
      },
    });
    outgoing.on('error', fail);
    outgoing.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('error', fail);
      response.on('data', (piece: string) => {
        text += piece;
        if (text.length > mostCharacters) outgoing.destroy(new Error('the answer is too large'));
      });
      response.on('end', () => {
        const { statusCode = 0, headers } = response;
        const tag = headers.etag === undefined ? {} : { etag: headers.etag };
        if (statusCode === 304 && etag !== undefined) return resolve({ document: undefined, ...tag });
        if (statusCode < 200 || statusCode >= 300) {
          return reject(new Error(`failing or missing response from ${url}: bad status from ${url}: ${statusCode}`));
        }
        try {
          resolve({ document: JSON.parse(text), ...tag });
        } catch (error) {
          fail(error as Error);
        }
      });
    });
    outgoing.end();
  });
}
const mostCharacters = 4 * 1024 * 1024;

/** As whom we ask for what is not asked by a user. */
export const aggregator = { name: 'system:kube-aggregator', groups: ['system:masters'] };
