import { request } from 'node:https';
import type { APIResourceList } from '#lib/api/types/meta.v1.ts';
import { remoteHeaders } from '../authentication/request-header.ts';
import type { Target } from '../proxy/target.ts';

/** The discovery document of one version, as its server gives it to us. @throws {Error} if it does not within five seconds */
export function discover(target: Target, path: string, signal: AbortSignal): Promise<APIResourceList> {
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
      headers: { accept: 'application/json', ...remoteHeaders(aggregator) },
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
        const { statusCode = 0 } = response;
        if (statusCode < 200 || statusCode >= 300) {
          reject(new Error(`failing or missing response from ${url}: bad status from ${url}: ${statusCode}`));
          return;
        }
        try {
          resolve(JSON.parse(text) as APIResourceList);
        } catch (error) {
          fail(error as Error);
        }
      });
    });
    outgoing.end();
  });
}
const mostCharacters = 4 * 1024 * 1024;
const aggregator = { name: 'system:kube-aggregator', groups: ['system:masters'] };
