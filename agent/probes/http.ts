import { request as secureRequest } from 'node:https';
import { http } from '#lib/http.ts';
import type { HttpTarget } from './target.ts';

export interface HttpAnswer {
  readonly status: number;
  /** Up to 10 KiB. */
  readonly body: string;
  readonly location: string | undefined;
}

/** One GET on a connection of its own; certificates are not checked, as a pod's own are nobody's business. */
export function get({ url, headers }: HttpTarget, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? secureRequest : http.request;
    const request = send(
      url,
      { agent: false, headers: { ...headers, connection: 'close' }, signal, rejectUnauthorized: false },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          body += text;
          if (body.length > mostBody) finish();
        });
        const finish = () => {
          resolve({
            status: response.statusCode ?? 0,
            body: body.slice(0, mostBody),
            location: response.headers.location,
          });
          response.destroy();
        };
        response.on('end', finish);
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end();
  });
}
const mostBody = 10 * 1024;
