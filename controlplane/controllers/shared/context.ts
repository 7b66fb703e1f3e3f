import type { Client } from '#lib/client/client.ts';
import { createEventRecorder, type EventRecorder } from '#lib/client/events.ts';
import type { Clock } from '#lib/clock.ts';
import { type Controller, type ControllerOptions, createController } from '#lib/controller.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { createMetrics, type Metrics } from '#lib/metrics.ts';
import type { QueueMetrics } from '#lib/queue-metrics.ts';
import type { Informers } from '../informers.ts';

/** What every controller gets. */
export interface ControllerContext {
  readonly client: Client;
  readonly informers: Informers;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
  /** What the controller counts besides: shown by `/metrics`. */
  readonly metrics: Metrics;
  readonly queueMetrics?: QueueMetrics;
}

/** A context whose writes and Events carry the controller's own name. */
export function contextFor(
  name: string,
  {
    clientFor,
    informers,
    clock,
    log,
    metrics = createMetrics(),
    queueMetrics,
  }: {
    readonly clientFor: (name: string) => Client;
    readonly informers: Informers;
    readonly clock: Clock;
    readonly log: Log;
    readonly metrics?: Metrics;
    readonly queueMetrics?: QueueMetrics;
  },
  signal: AbortSignal,
  component = eventSources[name] ?? name,
): ControllerContext {
  const client = clientFor(name);
  const bound = log.with({ controller: name });
  const events = createEventRecorder({ client, component, clock, log: bound });
  void events.run(signal);
  const shared = { client, informers, events, clock, log: bound, metrics };
  return queueMetrics === undefined ? shared : { ...shared, queueMetrics };
}

/** Under which names upstream's Events show the controllers, where that is not the one they write under. */
const eventSources: Readonly<Record<string, string>> = {
  'daemon-set-controller': 'daemonset-controller',
  'disruption-controller': 'controllermanager',
  'endpointslice-controller': 'endpoint-slice-controller',
  'endpointslicemirroring-controller': 'endpoint-slice-mirroring-controller',
  'ephemeral-volume-controller': 'ephemeral_volume',
  'generic-garbage-collector': 'garbage-collector-controller',
  'persistent-volume-binder': 'persistentvolume-controller',
};

/** A queue for `reconcile`, which waits until `synced` has settled and takes conflicts and vanished objects for what they are: usual. */
export function createQueue(
  name: string,
  { clock, log, queueMetrics: metrics }: ControllerContext,
  reconcile: ControllerOptions['reconcile'],
  { workers = 5 }: { readonly workers?: number } = {},
): Controller {
  return createController({
    name,
    workers,
    clock,
    log,
    ...(metrics === undefined ? {} : { metrics, metricsName: queueNames[name] ?? name }),
    async reconcile(key, signal) {
      try {
        return await reconcile(key, signal);
      } catch (error) {
        // Somebody else was faster: their change comes through the informer, and this makes sure of a second look.
        if (hasReason(error, 'Conflict')) return conflictMs;
        throw error;
      }
    },
  });
}
const conflictMs = 20;

/** Under which names upstream's metrics show the queues. */
const queueNames: Readonly<Record<string, string>> = {
  'bootstrap-signer': 'bootstrap_signer_queue',
  'certificate-controller': 'certificate',
  'clusterrole-aggregation-controller': 'ClusterRoleAggregator',
  'cronjob-controller': 'cronjob',
  'daemonset-controller': 'daemonset',
  'deployment-controller': 'deployment',
  'disruption-controller': 'disruption',
  'endpoint-controller': 'endpoint',
  'endpointslice-controller': 'endpoint_slice',
  'endpointslicemirroring-controller': 'endpoint_slice_mirroring',
  'ephemeral-volume-controller': 'ephemeral_volume',
  'generic-garbage-collector': 'garbage_collector_attempt_to_delete',
  'job-controller': 'job',
  'job-controller-orphans': 'job_orphan_pod',
  'namespace-controller': 'namespace',
  'node-lifecycle-controller': 'node_lifecycle_controller',
  'persistentvolume-binder': 'claims',
  'pv-protection-controller': 'pvprotection',
  'pvc-protection-controller': 'pvcprotection',
  'replicaset-controller': 'replicaset',
  'replication-controller': 'replicationmanager',
  'resourcequota-controller': 'resourcequota_primary',
  'root-ca-certificate-publisher': 'root_ca_cert_publisher',
  'service-account-controller': 'serviceaccount',
  'stale-pod-disruption': 'stale_pod_disruption',
  'statefulset-controller': 'statefulset',
  'taint-eviction-controller': 'noexec_taint_node',
  'token-cleaner': 'token_cleaner',
  'tokens-controller': 'serviceaccount_tokens_service',
  'ttl-after-finished-controller': 'ttl_jobs_to_delete',
};

/** Runs `queue` as soon as all informers are complete. */
export async function runWhenSynced(
  queue: Controller,
  informers: readonly { readonly synced: Promise<void> }[],
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(informers.map(({ synced }) => synced));
  await queue.run(signal);
}
