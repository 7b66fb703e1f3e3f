// Everything that a node shows or believes, kept good while it runs.
import { basename, dirname } from 'node:path';
import type { Node } from '#lib/api/types/core.v1.ts';
import type { Connection } from '#lib/client/connect.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { KeyPair } from '#lib/pki/certificate.ts';
import type { Kind } from '#lib/pki/held.ts';
import { keepCertificate } from './keep.ts';
import { keepAuthority } from './keep-authority.ts';
import { addLifeMetrics } from './life-metrics.ts';
import { pathsOf } from './paths.ts';
import { namesOf } from './plan.ts';

export interface KeepAllOptions {
  readonly nodeName: string;
  readonly rootDir: string;
  /** The node gets what it serves with from the cluster. */
  readonly isServing: boolean;
  readonly clientCaFile: string;
  readonly connection: Pick<Connection, 'client' | 'transport' | 'access'>;
  /** The node as the API has it. */
  node(): Node | undefined;
  /** Takes a serving certificate into use, or another authority of its clients, or both. */
  serve(fresh: Partial<KeyPair> & { readonly clientCa?: string }): void;
  /** How often the cluster's authority is asked for: an hour unless told. */
  readonly authorityMs?: number;
  /** Where the lives of certificates are shown. */
  readonly metrics?: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Keeps the node's client certificate, if its kubeconfig names one that nodes keep; its serving certificate, unless it was
 * given one; and the cluster's authority, if it has joined by a token.
 */
export async function keepCertificates(options: KeepAllOptions, signal: AbortSignal): Promise<void> {
  const { nodeName, rootDir, isServing, clientCaFile, connection, serve, clock, log } = options;
  const { client, transport, access } = connection;
  const common = { client, clock, log };
  const subject = { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] };
  const file = access.certificateFile;
  const isKept = file !== undefined && basename(file) === 'kubelet-client-current.pem';
  const directory = isKept ? dirname(file) : pathsOf(rootDir).pki;
  const work: Promise<void>[] = [];
  const tellLife = options.metrics && addLifeMetrics(options.metrics, clock);
  const onLife = (kind: Kind) =>
    tellLife === undefined ? {} : { onLife: (untilMs: number) => tellLife(kind, untilMs) };
  if (isKept) {
    // Requests under way end where they began.
    const client = {
      kind: 'kubelet-client',
      directory: dirname(file),
      subject: () => subject,
      use: transport.renew,
    } as const;
    work.push(keepCertificate({ ...common, ...client, ...onLife(client.kind) }, signal));
  }
  if (isServing) {
    const wanted = () => {
      const addresses = options.node()?.status.addresses ?? [];
      return addresses.length === 0 ? undefined : { ...subject, ...namesOf(nodeName, addresses) };
    };
    const serving = { kind: 'kubelet-server', directory, subject: wanted, use: serve } as const;
    work.push(keepCertificate({ ...common, ...serving, ...onLife(serving.kind) }, signal));
  }
  if (isKept && dirname(clientCaFile) === directory) {
    const use = (clientCa: string) => {
      transport.renew();
      serve({ clientCa });
    };
    work.push(keepAuthority({ ...common, file: clientCaFile, everyMs: options.authorityMs ?? hourMs, use }, signal));
  }
  await Promise.all(work);
}
const hourMs = 3_600_000;
