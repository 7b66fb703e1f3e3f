// For tests: a registry on a real store, and requests as the HTTP layer makes them.

import { StatusError } from '#lib/api/status.ts';
import { createFakeClock, type FakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import type { Store } from '../../store/store.ts';
import type { ApiResponse } from '../exchange.ts';
import { createRegistry, type RegistryOptions } from './create-registry.ts';
import type { Form, Registry, ResourceCall, Verb } from './registry.ts';

export interface Lab extends AsyncDisposable {
  readonly registry: Registry;
  readonly store: Store;
  readonly clock: FakeClock;
  /** Answers a request to `path` (`v1/pods`, `apps/v1/deployments/scale`) with its parsed JSON. */
  ask(verb: Verb, path: string, options?: Ask): Promise<Answer>;
  /** The answer as it is. @throws {StatusError} */
  send(verb: Verb, path: string, options?: Ask): Promise<ApiResponse>;
}

export interface Ask {
  readonly namespace?: string;
  readonly name?: string;
  readonly query?: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly form?: Partial<Form>;
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly signal?: AbortSignal;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the server answers
export type Answer = { readonly code: number; readonly headers: Readonly<Record<string, string>>; readonly body: any };

export async function createLab(
  options: Partial<RegistryOptions> & { readonly path?: string; readonly maxWaiting?: number } = {},
): Promise<Lab> {
  const store = openSqliteStore({ path: options.path ?? ':memory:', maxWaiting: options.maxWaiting ?? 100_000 });
  const clock = createFakeClock();
  const stop = new AbortController();
  let uids = 0;
  const newUid = (): string => `00000000-0000-4000-8000-${String(++uids).padStart(12, '0')}`;
  const registry = createRegistry({ store, clock, log: createSilentLog(), newUid, ...options });
  const running = registry.run(stop.signal);
  await registry.ready;

  async function send(verb: Verb, path: string, ask: Ask = {}): Promise<ApiResponse> {
    const parts = path.split('/');
    const [group, version, plural, subresource] = parts[0] === 'v1' ? ['', ...parts] : parts;
    const resource = registry.resource(group!, version!, plural!);
    if (resource === undefined) throw new Error(`No resource is named ${path}`);
    return resource.serve(callOf(verb, subresource, ask));
  }

  return {
    registry,
    store,
    clock,
    send,
    async ask(verb, path, ask) {
      try {
        const { status, headers, body } = await send(verb, path, ask);
        return { code: status, headers, body: JSON.parse(await textOf(body)) };
      } catch (error) {
        if (error instanceof StatusError) return { code: error.code, headers: {}, body: error.status };
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await store.close();
    },
  };
}

function callOf(verb: Verb, subresource: string | undefined, ask: Ask): ResourceCall {
  const { namespace, name, query = '', body, form, user = 'admin', groups = ['system:masters'] } = ask;
  const isPatch = verb === 'patch' ? 'application/merge-patch+json' : 'application/json';
  return {
    verb,
    user: { name: user, groups },
    namespace,
    name,
    subresource,
    query: new URLSearchParams(query),
    body: bytesOf(body),
    contentType: ask.contentType ?? isPatch,
    form: { encoding: 'json', as: 'object', metaVersion: 'v1', ...form },
    signal: ask.signal ?? new AbortController().signal,
  };
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

export async function textOf(body: ApiResponse['body']): Promise<string> {
  if (body === undefined) return '';
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  let text = '';
  for await (const piece of body) text += typeof piece === 'string' ? piece : Buffer.from(piece).toString();
  return text;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the server sends
export type Frame = { readonly type: string; readonly object: any };

/** Frames of a watch, one at a time; a piece holds one or several. */
export async function* framesOf({ body }: ApiResponse): AsyncGenerator<Frame> {
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    for (const line of Buffer.from(piece).toString().trimEnd().split('\n')) yield JSON.parse(line);
  }
}

export async function take<T>(source: AsyncIterator<T>, count: number): Promise<readonly T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { value, done } = await source.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
