import { fileURLToPath } from 'node:url';
import {
  Client,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { load } from '@grpc/proto-loader';
import type { Clock } from '#lib/clock.ts';
import { translate } from './errors.ts';

/** Calls of one gRPC server by service and method, with plain objects both ways. */
export interface Channel {
  /** @throws {ReasonError} Timeout after `deadlineMs`; the signal's reason if it was aborted */
  call<T>(service: ServiceName, method: string, request: object, deadlineMs: number, signal: AbortSignal): Promise<T>;
  /** Messages until the server ends the stream. */
  stream<T>(service: ServiceName, method: string, request: object, signal: AbortSignal): AsyncIterable<T>;
  close(): void;
}
export type ServiceName = 'RuntimeService' | 'ImageService' | 'Snapshots' | 'Tasks' | 'Events';

/** `endpoint`: `unix:///run/containerd/containerd.sock`. Nothing is sent until the first call; a lost server is found again. */
export async function openChannel(endpoint: string, clock: Pick<Clock, 'now'>): Promise<Channel> {
  const services = await loadServices();
  const client = new Client(endpoint, credentials.createInsecure(), {
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.min_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.max_receive_message_length': mostBytes,
    'grpc.max_send_message_length': mostBytes,
    'grpc.default_authority': 'localhost',
  });
  const metadata = new Metadata();
  metadata.set('containerd-namespace', 'k8s.io'); // where CRI keeps its images; CRI itself does not look at it
  return {
    call<T>(service: ServiceName, method: string, request: object, deadlineMs: number, signal: AbortSignal) {
      return new Promise<T>((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        const { path, requestSerialize, responseDeserialize } = services[service][method]!;
        const cancel = () => call.cancel();
        const deadline = clock.now() + deadlineMs;
        const call = client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          metadata,
          { deadline },
          (error: ServiceError | null, value?: unknown) => {
            signal.removeEventListener('abort', cancel);
            if (error === null) resolve(value as T);
            else if (signal.aborted) reject(signal.reason);
            else reject(translate(error.code, error.details, error));
          },
        );
        signal.addEventListener('abort', cancel, { once: true });
      });
    },
    async *stream<T>(service: ServiceName, method: string, request: object, signal: AbortSignal) {
      signal.throwIfAborted();
      const { path, requestSerialize, responseDeserialize } = services[service][method]!;
      const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
      const cancel = () => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        for await (const message of call) yield message as T;
      } catch (error) {
        if (signal.aborted) return;
        const { code, details } = error as ServiceError;
        throw translate(code, details, error);
      } finally {
        signal.removeEventListener('abort', cancel);
        call.cancel();
      }
    },
    close: () => client.close(),
  };
}
const mostBytes = 16 * 1024 * 1024; // the kubelet's own limit

/** The services that are called, as gRPC has them. */
export async function loadServices(): Promise<Readonly<Record<ServiceName, ServiceDefinition>>> {
  const files = ['cri.proto', 'snapshots.proto', 'tasks.proto', 'events.proto'].map((name) =>
    fileURLToPath(new URL(name, import.meta.url)),
  );
  const definition = await load(files, { longs: Number, enums: String, defaults: true });
  const made = loadPackageDefinition(definition) as unknown as {
    runtime: { v1: Record<'RuntimeService' | 'ImageService', { service: ServiceDefinition }> };
    containerd: {
      services: {
        snapshots: { v1: { Snapshots: { service: ServiceDefinition } } };
        tasks: { v1: { Tasks: { service: ServiceDefinition } } };
        events: { v1: { Events: { service: ServiceDefinition } } };
      };
    };
  };
  const { RuntimeService, ImageService } = made.runtime.v1;
  const { snapshots, tasks, events } = made.containerd.services;
  return {
    RuntimeService: RuntimeService.service,
    ImageService: ImageService.service,
    Snapshots: snapshots.v1.Snapshots.service,
    Tasks: tasks.v1.Tasks.service,
    Events: events.v1.Events.service,
  };
}
