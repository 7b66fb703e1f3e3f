import {
  ingressClasses,
  limitRanges,
  namespaces,
  nodes,
  pods,
  priorityClasses,
  resourceQuotas,
  runtimeClasses,
  serviceAccounts,
  storageClasses,
} from '#lib/api/resources.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { createMetrics, type Metrics } from '#lib/metrics.ts';
import type { Authorize } from '../authorization/attributes.ts';
import { createLoadCel } from '../cel/load-cel.ts';
import type { Registry } from '../registry/registry.ts';
import type { Plugin } from './admission.ts';
import { createClaimResize } from './claim-resize.ts';
import { createDeclaredFeatures } from './declared-features.ts';
import { createDefaultIngressClass, createDefaultStorageClass } from './default-classes.ts';
import { defaultTolerations } from './default-tolerations.ts';
import { createLimitRanger } from './limit-ranger.ts';
import { measured } from './metrics.ts';
import { createNamespaceLifecycle } from './namespace-lifecycle.ts';
import { createNodeRestriction } from './node-restriction.ts';
import { createPodResize } from './pod-resize.ts';
import { createPodTopology } from './pod-topology.ts';
import { createPodSecurity } from './podsecurity/plugin.ts';
import { createExpressionChecks } from './policies/check.ts';
import { createHoldMeasured } from './policies/hold-measured.ts';
import { createMutatingPolicies } from './policies/mutating.ts';
import { createValidatingPolicies } from './policies/policies.ts';
import { createPriority } from './priority.ts';
import { quotaWriter } from './quota-writer.ts';
import { createResourceQuota } from './resource-quota.ts';
import { createRuntimeClass } from './runtime-class.ts';
import { createServiceAccount } from './service-account.ts';
import {
  certificateSubjectRestriction,
  createCertificateApproval,
  createCertificateSigning,
  createTrustBundleAttest,
} from './signers.ts';
import { storageInUse } from './storage-in-use.ts';
import { taintNodes } from './taint-nodes.ts';
import { createWebhooks } from './webhooks/webhooks.ts';

export interface PluginsOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** For policies that ask who may do what. */
  readonly authorize?: Authorize;
  readonly random?: () => number;
  /** Only where a controller takes the finalizers off again: nothing could be deleted otherwise. */
  readonly protectsStorage?: boolean;
}

/** The plugins that are on by default, in upstream's order. */
export function createPlugins({
  registry,
  clock,
  log,
  metrics = createMetrics(),
  authorize = () => ({ isAllowed: false, reason: '' }),
  random = Math.random,
  protectsStorage = false,
}: PluginsOptions): readonly Plugin[] {
  const accounts = registry.reader(serviceAccounts);
  const classes = registry.reader(priorityClasses);
  const ranges = registry.reader(limitRanges);
  const [loadCel, hold] = [createLoadCel(metrics), createHoldMeasured(metrics)];
  const policies = { registry, authorize, metrics, loadCel, hold };
  const webhooks = createWebhooks({ ...policies, log });
  const runtimes = registry.reader(runtimeClasses);
  const storages = registry.reader(storageClasses);
  const all: readonly Plugin[] = [
    createNamespaceLifecycle({ namespaceNamed: registry.reader(namespaces).get }),
    createLimitRanger({ rangesOf: ranges.list }),
    createServiceAccount({ accountOf: (namespace, name) => accounts.get(`${namespace}/${name}`), clock, random }),
    createNodeRestriction({
      podAt: (namespace, name) => registry.reader(pods).get(`${namespace}/${name}`),
      nodeNamed: registry.reader(nodes).get,
    }),
    taintNodes,
    createPodSecurity({
      namespaceNamed: registry.reader(namespaces).get,
      podsIn: registry.reader(pods).list,
      metrics,
    }),
    createPriority({ classNamed: classes.get, classes: () => classes.list() }),
    defaultTolerations,
    createDefaultStorageClass({ classes: storages.list }),
    ...(protectsStorage ? [storageInUse] : []),
    createClaimResize({ classNamed: storages.get }),
    createRuntimeClass({ classNamed: runtimes.get }),
    createCertificateApproval(authorize),
    createCertificateSigning(authorize),
    createTrustBundleAttest(authorize),
    certificateSubjectRestriction,
    createDefaultIngressClass({ classes: registry.reader(ingressClasses).list }),
    createPodTopology({ nodeNamed: registry.reader(nodes).get }),
    createDeclaredFeatures({ nodeNamed: registry.reader(nodes).get }),
    createPodResize({ nodeNamed: registry.reader(nodes).get }),
    // What others may change and refuse comes after all that is ours, but for quotas.
    createMutatingPolicies(policies),
    webhooks.mutating,
    createValidatingPolicies(policies),
    webhooks.validating,
    createExpressionChecks(loadCel),
    // Last: what others refuse is not charged.
    createResourceQuota({ quotasOf: registry.reader(resourceQuotas).list, ...quotaWriter(registry), clock }),
  ];
  return measured(all, metrics);
}
