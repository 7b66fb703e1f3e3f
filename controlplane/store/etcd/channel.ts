// One member of an etcd cluster, by gRPC: calls with plain objects both ways.
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { fileURLToPath } from 'node:url';
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientUnaryCall,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { load } from '@grpc/proto-loader';
import type { Clock } from '#lib/clock.ts';
import { EtcdError } from './errors.ts';

export type Method =
  | 'KV/Range'
  | 'KV/Txn'
  | 'KV/Compact'
  | 'Watch/Watch'
  | 'Lease/LeaseGrant'
  | 'Cluster/MemberAdd'
  | 'Cluster/MemberRemove'
  | 'Cluster/MemberPromote'
  | 'Cluster/MemberList'
  | 'Maintenance/Snapshot'
  | 'Maintenance/Status';

export interface Channel {
  /** As it was given. */
  readonly url: string;
  /** @throws {EtcdError}; the signal's reason if it was aborted */
  call<T>(method: Method, request: object, deadlineMs: number, signal: AbortSignal): Promise<T>;
  /** A stream both ways; its errors are gRPC's own. */
  converse<I, O>(method: Method): ClientDuplexStream<I, O>;
  /** Messages until the server ends them. @throws {EtcdError} */
  stream<T>(method: Method, request: object, signal: AbortSignal): AsyncIterable<T>;
  /** Calls under way that are `hit` fail with CANCELLED, whether they have been done or not. */
  abandon(hit: (method: Method) => boolean): void;
  close(): void;
}

/** Files in PEM. */
export interface TlsFiles {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** Nothing is sent until the first call. `url`: `https://10.0.0.1:2379`; without TLS `http://`; `unix://` for sockets. */
export async function openChannels(
  urls: readonly string[],
  tls: TlsFiles,
  clock: Pick<Clock, 'now'>,
): Promise<readonly Channel[]> {
  const [services, secureFor] = await Promise.all([loadServices(), secureBy(tls)]);
  return urls.map((url) => {
    const { scheme, address, host } = parse(url);
    const secure = scheme === 'https' ? secureFor(host) : credentials.createInsecure();
    const named = isIP(host) === 0 ? {} : { 'grpc.ssl_target_name_override': noName };
    return createChannel(url, new Client(address, secure, { ...options, ...named }), services, clock);
  });
}

const options = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.keepalive_time_ms': 10_000, // etcd takes one every 5 s and breaks with who asks more often
  'grpc.keepalive_timeout_ms': 3_000,
  'grpc.max_receive_message_length': -1, // lists are paged by number: what a page weighs is the objects' affair
  'grpc.max_send_message_length': -1, // etcd has a bound of its own
  'grpc.use_local_subchannel_pool': 1,
};

function parse(url: string): { readonly scheme: string; readonly address: string; readonly host: string } {
  const [, scheme = '', rest = ''] = /^(https?|unix):\/\/(.+?)\/?$/.exec(url) ?? [];
  if (scheme === '') throw new RangeError(`Cannot use ${url} as an etcd server: it is no http, https or unix URL`);
  const host = rest.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return { scheme, address: scheme === 'unix' ? url : rest, host };
}

/** @returns credentials for a host: where it is an address, the certificate has to be good for that */
async function secureBy({ caFile, certFile, keyFile }: TlsFiles): Promise<(host: string) => ChannelCredentials> {
  const read = async (file: string | undefined): Promise<Buffer | null> => (file ? readFile(file) : null);
  const [ca, key, cert] = await Promise.all([read(caFile), read(keyFile), read(certFile)]);
  return (host) =>
    credentials.createSsl(ca, key, cert, {
      checkServerIdentity: (_name, peer) => checkServerIdentity(host, peer as TlsPeer),
    });
}
type TlsPeer = Parameters<typeof checkServerIdentity>[1];

/** TLS names no addresses (RFC 6066), and Node refuses to: this stands there instead, and is not looked at. */
const noName = 'etcd.invalid';

type Services = Readonly<Record<string, ServiceDefinition>>;

function createChannel(url: string, client: Client, services: Services, clock: Pick<Clock, 'now'>): Channel {
  const find = (method: Method) => {
    const [service, name] = method.split('/');
    return services[service!]![name!]!;
  };
  const underWay = new Map<ClientUnaryCall, Method>();
  return {
    url,
    call<T>(method: Method, request: object, deadlineMs: number, signal: AbortSignal) {
      return new Promise<T>((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        const { path, requestSerialize, responseDeserialize } = find(method);
        const cancel = () => call.cancel();
        const call = client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          hasLeader(),
          { deadline: clock.now() + deadlineMs },
          (error: ServiceError | null, value?: unknown) => {
            signal.removeEventListener('abort', cancel);
            underWay.delete(call);
            if (error === null) resolve(value as T);
            else reject(signal.aborted ? signal.reason : new EtcdError(error, { cause: error }));
          },
        );
        underWay.set(call, method);
        signal.addEventListener('abort', cancel, { once: true });
      });
    },
    converse<I, O>(method: Method) {
      const { path, requestSerialize, responseDeserialize } = find(method);
      return client.makeBidiStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        hasLeader(),
      ) as ClientDuplexStream<I, O>;
    },
    async *stream<T>(method: Method, request: object, signal: AbortSignal) {
      const { path, requestSerialize, responseDeserialize } = find(method);
      const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
      const cancel = () => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        for await (const message of call) yield message as T;
      } catch (error) {
        throw new EtcdError(error as ServiceError, { cause: error });
      } finally {
        signal.removeEventListener('abort', cancel);
        call.cancel();
      }
    },
    abandon(hit) {
      for (const [call, method] of underWay) if (hit(method)) call.cancel();
    },
    close: () => client.close(),
  };
}

/** A member that lost the others says so at once, rather than fall silent. */
function hasLeader(): Metadata {
  const metadata = new Metadata();
  metadata.set('hasleader', 'true');
  return metadata;
}

async function loadServices(): Promise<Services> {
  const file = fileURLToPath(new URL('etcd.proto', import.meta.url));
  const definition = await load(file, { longs: String, defaults: true, oneofs: true });
  const made = loadPackageDefinition(definition) as unknown as {
    etcdserverpb: Record<string, { readonly service: ServiceDefinition }>;
  };
  const names = ['KV', 'Watch', 'Lease', 'Cluster', 'Maintenance'];
  return Object.fromEntries(names.map((name) => [name, made.etcdserverpb[name]!.service]));
}
