import { createClock } from '#lib/clock.ts';
import { createSilentLog, type Log } from '#lib/log.ts';
import { type Client, createClient } from './client.ts';
import { createHttpTransport, type HttpTransport } from './http-transport.ts';
import { type Access, readKubeconfig } from './kubeconfig.ts';

export interface Connection extends AsyncDisposable {
  readonly client: Client;
  readonly transport: HttpTransport;
  readonly access: Access;
}

/** A client for the cluster that the kubeconfig at `path` describes. Connects with the first request. */
export async function connect(
  path: string,
  { userAgent, context, others, patienceMs, log = createSilentLog() }: ConnectOptions = {},
): Promise<Connection> {
  const access = await readKubeconfig(path, context);
  const transport = createHttpTransport({
    ...access,
    ...(others === undefined ? {} : { others }),
    ...(patienceMs === undefined ? {} : { patienceMs }),
    clock: createClock(),
    log,
  });
  return {
    client: createClient(transport, userAgent === undefined ? {} : { userAgent }),
    transport,
    access,
    async [Symbol.asyncDispose]() {
      transport[Symbol.dispose]();
    },
  };
}

export interface ConnectOptions {
  /** As in SessionOptions. */
  readonly patienceMs?: number;
  readonly userAgent?: string;
  /** The kubeconfig's current one if absent. */
  readonly context?: string;
  /** Further servers of the same API, at the moment. */
  readonly others?: () => readonly string[];
  readonly log?: Log;
}
