// One question to one webhook: HTTPS with a time limit, connections kept.
import { Agent, request } from 'node:https';
import { services } from '#lib/api/resources.ts';
import type { WebhookClientConfig } from '#lib/api/types/admissionregistration.v1.ts';
import { endpointOf } from '../../proxy/endpoint.ts';
import type { Registry } from '../../registry/registry.ts';
import { readAnswer } from '../../webhook/read-answer.ts';

export interface WebhookCall {
  readonly config: WebhookClientConfig;
  readonly body: string;
  readonly timeoutSeconds: number;
}

/** Sends `body` and returns the answer's JSON. @throws {Error} in the words of upstream's client */
export type CallWebhook = (call: WebhookCall, signal: AbortSignal) => Promise<unknown>;

export function createCallWebhook(registry: Pick<Registry, 'reader'>): CallWebhook {
  const agents = new Map<string, Agent>(); // bounded: the oldest goes first

  /** Connections are shared by what trusts the same authority. */
  function agentFor(ca: string): Agent {
    const known = agents.get(ca);
    if (known !== undefined) return known;
    if (agents.size >= mostAgents) {
      const [oldest, agent] = agents.entries().next().value!;
      agents.delete(oldest);
      agent.destroy();
    }
    const agent = new Agent({
      keepAlive: true,
      maxSockets: 64,
      maxFreeSockets: 4,
      timeout: 90_000,
      ...(ca === '' ? {} : { ca: Buffer.from(ca, 'base64').toString() }),
    });
    agents.set(ca, agent);
    return agent;
  }

  return async ({ config, body, timeoutSeconds }, signal) => {
    const { url, host, port, servername } = destinationOf(config, registry);
    url.searchParams.set('timeout', `${timeoutSeconds}s`);
    const limit = AbortSignal.timeout(timeoutSeconds * 1000);
    const text = await post({ url, host, port, servername, body, agent: agentFor(config.caBundle ?? '') }, [
      limit,
      signal,
    ]).catch((error: Error) => {
      const why = limit.aborted ? 'context deadline exceeded' : error.message;
      throw new Error(error instanceof AnswerError ? why : `Post ${JSON.stringify(String(url))}: ${why}`);
    });
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
    }
  };
}
const mostAgents = 256;

interface Destination {
  readonly url: URL;
  /** Where to connect to, if not where the URL says. */
  readonly host: string;
  readonly port: number;
  readonly servername: string;
}

function destinationOf({ url, service }: WebhookClientConfig, registry: Pick<Registry, 'reader'>): Destination {
  if (service !== undefined) {
    const { name, namespace, path = '/', port = 443 } = service;
    const found = registry.reader(services).get(`${namespace}/${name}`);
    if (found === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
    const servername = `${name}.${namespace}.svc`;
    const at =
      found.spec?.type === 'ExternalName'
        ? { host: found.spec.externalName ?? '', port }
        : endpointOf(found, String(port), registry);
    return {
      url: new URL(`https://${servername}:${port}${path.startsWith('/') ? path : `/${path}`}`),
      ...at,
      servername,
    };
  }
  const parsed = URL.parse(url ?? '');
  if (parsed === null || parsed.protocol !== 'https:') {
    throw new Error(`webhook URL ${JSON.stringify(url)} is not usable: https is required`);
  }
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  return { url: parsed, host, port: Number(parsed.port || 443), servername: host };
}

interface Post extends Destination {
  readonly body: string;
  readonly agent: Agent;
}

/** It was reached, and answered something else than 200. */
class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/** Again where a kept connection turns out to be closed: the other end has seen nothing of the question then. */
async function post(wish: Post, signals: readonly AbortSignal[]): Promise<string> {
  for (;;) {
    try {
      return await postOnce(wish, signals);
    } catch (error) {
      if (!(error instanceof StaleError)) throw error;
    }
  }
}

class StaleError extends Error {
  override readonly name = 'StaleError';
}

function postOnce(
  { url, host, port, servername, body, agent }: Post,
  signals: readonly AbortSignal[],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      method: 'POST',
      host,
      port,
      path: url.pathname + url.search,
      agent,
      signal: AbortSignal.any([...signals]),
      ...(isAddress(servername) ? {} : { servername }),
      headers: {
        host: url.host,
        'content-type': 'application/json',
        accept: 'application/json, */*',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'kube-apiserver-admission',
      },
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(isStale ? new StaleError(error.message) : error);
    });
    outgoing.on('response', (response) => {
      readAnswer(response, mostBytes).then((text) => {
        const { statusCode = 0 } = response;
        if (statusCode >= 200 && statusCode < 300) resolve(text);
        else reject(new AnswerError(wordsFor(statusCode, text)));
      }, reject);
    });
    outgoing.end(body);
  });
}
const mostBytes = 16 * 1024 * 1024;

/** Rule: apimachinery NewGenericServerResponse. */
function wordsFor(code: number, text: string): string {
  if (code === 404) return 'the server could not find the requested resource';
  if (code === 503) return 'the server is currently unable to handle the request';
  if (code === 504)
    return 'the server was unable to return a response in the time allotted, but may still be processing the request';
  if (code >= 500)
    return `an error on the server (${JSON.stringify(text.slice(0, 2048).trim())}) has prevented the request from succeeding`;
  return `the server responded with the status code ${code} but did not return more information`;
}

function isAddress(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(':');
}
