import type { Images, Runtime } from '#cri/runtime.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Reader } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { Cgroups } from '../cgroups/cgroups.ts';
import type { AccessRule } from './access.ts';

export interface ServingRule {
  /** Where to listen; all addresses unless told. */
  readonly host?: string;
  /** Where /healthz listens, for everybody on this machine; '127.0.0.1:10248' unless told, '' for nowhere. */
  readonly healthzAddress?: string;
  /** Whether containers can be looked into: logs, exec, attach, port-forward. They can unless told. */
  readonly hasDebugging?: boolean;
  /** Whether /logs/ shows the machine's logs. It does unless told. */
  readonly hasSystemLogs?: boolean;
  /** For how long a count of what volumes hold does: a minute unless told; they are not counted if it is negative. */
  readonly volumeStatsMs?: number;
  /** As TLS has it: 'TLSv1.2' unless told. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Names of OpenSSL, by colons. */
  readonly ciphers?: string;
}

export interface KubeletServerOptions extends ServingRule {
  readonly nodeName: string;
  /** 10250 unless told; 0: any. */
  readonly port?: number;
  /** PEM. Clients show a certificate by `clientCa`, or a token. Nobody can connect as long as there is no certificate. */
  readonly tls: { readonly cert?: string; readonly key?: string; readonly clientCa: string };
  readonly client: Client;
  /** The node's own pods, by namespace/name. */
  readonly pods: Pick<Reader<Pod>, 'get' | 'list'>;
  readonly runtime: Pick<
    Runtime,
    | 'listContainers'
    | 'listSandboxes'
    | 'containerStatus'
    | 'exec'
    | 'attach'
    | 'portForward'
    | 'execSync'
    | 'checkpoint'
    | 'stats'
    | 'sandboxStats'
  >;
  readonly images?: Pick<Images, 'fsInfo'>;
  readonly cgroups?: Pick<Cgroups, 'statsOf'>;
  /** Where pods keep their volumes: /var/lib/kubelet unless told. */
  readonly rootDir?: string;
  /** Where pods' logs lie: /var/log/pods unless told. */
  readonly podLogsDir?: string | undefined;
  readonly metrics: Metrics;
  /** What /metrics/probes shows. */
  probeMetrics?(): string;
  readonly access?: AccessRule | undefined;
  /** What /configz shows. */
  readonly config?: unknown;
  /** The command line, which /flagz shows. */
  readonly flags?: Readonly<Record<string, string>> | undefined;
  readonly clock: Clock;
  readonly log: Log;
}
