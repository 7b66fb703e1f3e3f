import type { RequestOptions } from 'node:https';

/** Whether `url` answers with 200. Who answers is not checked: it is this very process, on this very machine. */
export async function answersWell(url: string, signal: AbortSignal): Promise<boolean> {
  const { get } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  const options: RequestOptions = { signal, agent: false, rejectUnauthorized: false };
  return await new Promise((resolve, reject) => {
    get(url, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once('error', reject);
  });
}

/**
 * Where a server of this machine tells whether it lives. That etcd does not answer is no reason to start it anew: its own
 * member would be ended with it, and the others wait for that one.
 */
export function livenessUrl({
  bindAddress,
  securePort,
}: {
  readonly bindAddress: string;
  readonly securePort: string;
}) {
  const host = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[bindAddress] ?? bindAddress;
  return `https://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${securePort}/livez?exclude=etcd`;
}
