import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { createMetrics, type Metrics } from '#lib/metrics.ts';
import { createQueueMetrics } from '#lib/queue-metrics.ts';
import { runBootstrapSigner } from './bootstrapsigner/controller.ts';
import { type CertificatesOptions, runCertificates } from './certificates/controller.ts';
import { runClusterRoleAggregation } from './clusterroleaggregation/controller.ts';
import { runCronJobs } from './cronjob/controller.ts';
import { runDaemonSets } from './daemonset/controller.ts';
import { runDeployments } from './deployment/controller.ts';
import { runDisruption } from './disruption/controller.ts';
import { runEndpoints } from './endpoints/controller.ts';
import { runEndpointSlices } from './endpointslice/controller.ts';
import { runEndpointSliceMirroring } from './endpointslicemirroring/controller.ts';
import { runEphemeralVolumes } from './ephemeralvolume/controller.ts';
import { runGarbageCollector } from './garbagecollector/controller.ts';
import type { Informers } from './informers.ts';
import { runJobs } from './job/controller.ts';
import { runNamespaces } from './namespace/controller.ts';
import { runNodeIpam } from './nodeipam/controller.ts';
import { runNodeLifecycle } from './nodelifecycle/controller.ts';
import { runPersistentVolumes } from './persistentvolume/controller.ts';
import { runPodCertificateRequestCleaner } from './podcertificaterequestcleaner/controller.ts';
import { runPodGc } from './podgc/controller.ts';
import { runPvcProtection } from './pvcprotection/controller.ts';
import { runPvProtection } from './pvprotection/controller.ts';
import { runReplicaSets } from './replicaset/controller.ts';
import { replicaSetFlavour, replicationControllerFlavour } from './replicaset/flavour.ts';
import { runResourceQuotas } from './resourcequota/controller.ts';
import { type RootCa, runRootCa } from './rootca/controller.ts';
import { runServiceAccounts } from './serviceaccount/controller.ts';
import { runTokenSecrets, type TokenSecretsOptions } from './serviceaccounttoken/controller.ts';
import { runServiceCidrs } from './servicecidr/controller.ts';
import { type ControllerContext, contextFor } from './shared/context.ts';
import { createKinds } from './shared/kinds.ts';
import { runStatefulSets } from './statefulset/controller.ts';
import { runTaintEviction } from './tainteviction/controller.ts';
import { runTokenCleaner } from './tokencleaner/controller.ts';
import { runTtl } from './ttl/controller.ts';
import { runTtlAfterFinished } from './ttlafterfinished/controller.ts';
import { runPolicyStatus } from './validatingadmissionpolicystatus/controller.ts';

export interface StartControllersOptions {
  /** A client for the service account `name` of kube-system. */
  clientFor(name: string): Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly log: Log;
  /** To be published in every namespace. */
  readonly rootCa: RootCa;
  /** How certificates for clients and nodes are signed. */
  readonly certificates: CertificatesOptions;
  readonly tokenSecrets: TokenSecretsOptions;
  /** Ranges from which nodes get theirs; one of each family. */
  readonly clusterCidrs: readonly string[];
  /** How long a node may be silent: 50 s unless told, as --node-monitor-grace-period has it since 1.32. */
  readonly nodeGraceMs?: number;
  readonly terminatedPodThreshold?: number;
  readonly metrics?: Metrics;
}

type Run = (context: ControllerContext, signal: AbortSignal) => Promise<void>;

/** Runs every controller until `signal` is aborted; each writes under its own name. */
export async function startControllers(options: StartControllersOptions, signal: AbortSignal): Promise<void> {
  const {
    informers,
    rootCa,
    certificates,
    clusterCidrs,
    nodeGraceMs = 50_000,
    terminatedPodThreshold = 12_500,
    log,
  } = options;
  const kinds = createKinds(informers);
  const metrics = options.metrics ?? createMetrics();
  const queueMetrics = createQueueMetrics(metrics);
  const about = { ...options, metrics, queueMetrics };
  const controllers: Readonly<Record<string, Run>> = {
    'deployment-controller': runDeployments,
    'replicaset-controller': (context, signal) => runReplicaSets(replicaSetFlavour, context, signal),
    'replication-controller': (context, signal) => runReplicaSets(replicationControllerFlavour, context, signal),
    'job-controller': runJobs,
    'cronjob-controller': runCronJobs,
    'daemon-set-controller': runDaemonSets,
    'statefulset-controller': runStatefulSets,
    'endpointslice-controller': runEndpointSlices,
    'endpoint-controller': runEndpoints,
    'endpointslicemirroring-controller': runEndpointSliceMirroring,
    'disruption-controller': (context, signal) => runDisruption(kinds, context, signal),
    'ttl-after-finished-controller': runTtlAfterFinished,
    'clusterrole-aggregation-controller': runClusterRoleAggregation,
    'service-account-controller': runServiceAccounts,
    'tokens-controller': (context, signal) => runTokenSecrets(options.tokenSecrets, context, signal),
    'validatingadmissionpolicy-status-controller': runPolicyStatus,
    'root-ca-cert-publisher': (context, signal) => runRootCa(rootCa, context, signal),
    'node-controller': async (context, signal) => {
      const as = (component: string) => contextFor('node-controller', about, signal, component);
      await Promise.all([
        runNodeIpam(clusterCidrs, as('cidrAllocator'), signal),
        runNodeLifecycle({ graceMs: nodeGraceMs }, context, signal),
        runTaintEviction(as('taint-eviction-controller'), signal),
      ]);
    },
    'ttl-controller': runTtl,
    'pod-garbage-collector': (context, signal) => runPodGc({ threshold: terminatedPodThreshold }, context, signal),
    'persistent-volume-binder': runPersistentVolumes,
    'pvc-protection-controller': runPvcProtection,
    'pv-protection-controller': runPvProtection,
    'ephemeral-volume-controller': runEphemeralVolumes,
    'certificate-controller': (context, signal) => runCertificates(certificates, context, signal),
    podcertificaterequestcleaner: runPodCertificateRequestCleaner,
    'service-cidrs-controller': runServiceCidrs,
    'bootstrap-signer': runBootstrapSigner,
    'token-cleaner': runTokenCleaner,
    'resourcequota-controller': (context, signal) => runResourceQuotas(kinds, context, signal),
    'namespace-controller': (context, signal) => runNamespaces(kinds, context, signal),
    // Last: it shares the informers that all others have asked for by then.
    'generic-garbage-collector': (context, signal) => runGarbageCollector(kinds, context, signal),
  };
  const running = metrics.gauge('running_managed_controllers', 'Controllers that run.', ['name', 'manager']);
  const runs = Object.entries(controllers).map(([name, run]) =>
    run(contextFor(name, about, signal), signal).finally(() => mark(name, 0)),
  );
  for (const name of Object.keys(controllers)) mark(name, 1);
  log.info('Started controllers', { count: runs.length });
  await Promise.all(runs);

  function mark(name: string, to: 0 | 1): void {
    running.set([name, 'kube-controller-manager'], to);
  }
}
