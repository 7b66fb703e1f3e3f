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
