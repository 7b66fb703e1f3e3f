import { basename, dirname } from 'node:path';
import type { Node } from '#lib/api/types/core.v1.ts';
import type { Connection } from '#lib/client/connect.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { KeyPair } from '#lib/pki/certificate.ts';
import { keepCertificate } from './keep.ts';
import { pathsOf } from './paths.ts';
import { namesOf } from './plan.ts';

export interface KeepAllOptions {
  readonly nodeName: string;
  readonly rootDir: string;
  /** The node gets what it serves with from the cluster. */
  readonly isServing: boolean;
  readonly connection: Pick<Connection, 'client' | 'transport' | 'access'>;
  /** The node as the API has it. */
  node(): Node | undefined;
  serve(pair: KeyPair): void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps the node's client certificate, if its kubeconfig names one that nodes keep, and its serving certificate. */
export async function keepCertificates(options: KeepAllOptions, signal: AbortSignal): Promise<void> {
  const { nodeName, rootDir, isServing, connection, clock, log } = options;
  const { client, transport, access } = connection;
  const common = { client, clock, log };
  const subject = { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] };
  const file = access.certificateFile;
  let isFirst = true;
  await Promise.all([
    file !== undefined && basename(file) === 'kubelet-client-current.pem'
      ? keepCertificate(
          {
            ...common,
            kind: 'kubelet-client',
            directory: dirname(file),
            subject: () => subject,
            use() {
              if (!isFirst) transport.renew(); // requests under way end where they began
              isFirst = false;
            },
          },
          signal,
        )
      : undefined,
    isServing
      ? keepCertificate(
          {
            ...common,
            kind: 'kubelet-server',
            directory: pathsOf(rootDir).pki,
            subject() {
              const addresses = options.node()?.status.addresses ?? [];
              return addresses.length === 0 ? undefined : { ...subject, ...namesOf(nodeName, addresses) };
            },
            use: options.serve,
          },
          signal,
        )
      : undefined,
  ]);
}
