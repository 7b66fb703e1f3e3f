// The real server in this process, for tests: TLS, certificates, SQLite and all.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '#lib/client/client.ts';
import { createHttpTransport } from '#lib/client/http-transport.ts';
import type { Transport } from '#lib/client/transport.ts';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { runServer } from './main.ts';
import type { ServerOptions } from './options.ts';

export interface TestServer {
  /** Of an administrator. */
  readonly client: Client;
  /** The same, as clients of one's own use it. */
  readonly transport: Transport;
  readonly port: number;
  readonly directory: string;
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

export async function startTestServer(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-server-'));
  const [clock, log, end] = [createClock(), createSilentLog(), new AbortController()];
  const ready = Promise.withResolvers<number>();
  const stopped = runServer(
    {
      dataDir: directory,
      bindAddress: '127.0.0.1',
      securePort: 0,
      advertiseAddress: '192.0.2.1',
      apiOnly: true,
      ...options,
    },
    { clock, log, signal: end.signal, onReady: ready.resolve },
  );
  const port = await Promise.race([ready.promise, stopped.then(() => 0)]).catch(async (error) => {
    await rm(directory, { recursive: true });
    throw error;
  });
  const pki = (name: string) => readFile(join(directory, 'pki', name), 'utf8');
  const transport = createHttpTransport({
    server: `https://127.0.0.1:${port}`,
    credentials: async () => ({ ca: await pki('ca.crt'), cert: await pki('admin.crt'), key: await pki('admin.key') }),
    clock,
    log,
  });
  return {
    client: createClient(transport),
    transport,
    port,
    directory,
    signal: end.signal,
    async close() {
      end.abort();
      await stopped;
      transport[Symbol.dispose]();
      await rm(directory, { recursive: true });
    },
  };
}
