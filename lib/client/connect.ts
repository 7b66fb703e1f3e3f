import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { type Client, createClient } from './client.ts';
import { createHttpTransport } from './http-transport.ts';
import { readKubeconfig } from './kubeconfig.ts';

/** A client of the cluster that a kubeconfig describes; its connection is closed when it is disposed of. */
export interface Connection extends Disposable {
  readonly client: Client;
  readonly server: string;
}

/** @throws {TypeError} if the kubeconfig cannot be used. The connection itself is made by the first request. */
export async function connect(
  kubeconfig: string,
  { clock, log, userAgent }: { readonly clock: Clock; readonly log: Log; readonly userAgent: string },
): Promise<Connection> {
  const access = await readKubeconfig(kubeconfig);
  const transport = createHttpTransport({ ...access, clock, log });
  return {
    client: createClient(transport, { userAgent }),
    server: access.server,
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}
