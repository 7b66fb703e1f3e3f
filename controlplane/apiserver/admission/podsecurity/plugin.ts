import { invalid } from '#lib/api/status.ts';
import type { Container, Namespace, Pod, PodSpec } from '#lib/api/types/core.v1.ts';
import type { ObjectMeta } from '#lib/api/types/meta.v1.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { Attributes, Plugin } from '../admission.ts';
import { refuse } from '../refuse.ts';
import type { PodLike } from './check.ts';
import { detailOf, violationsOf } from './evaluate.ts';
import { warningsOf } from './existing.ts';
import { createPodSecurityMetrics } from './metrics.ts';
import { isSame, type ParsedPolicy, policyOf, strictnessOf, textOf } from './policy.ts';

export interface PodSecurityOptions {
  namespaceNamed(name: string): Namespace | undefined;
  podsIn(namespace: string): readonly Pod[];
  readonly metrics: Metrics;
}

/** Pods keep to what the labels of their namespace allow. Rule: k8s.io/pod-security-admission admission. */
export function createPodSecurity({ namespaceNamed, podsIn, metrics }: PodSecurityOptions): Plugin {
  const counts = createPodSecurityMetrics(metrics);

  function policyFor(namespace: string): ParsedPolicy {
    return policyOf(namespaceNamed(namespace)?.metadata.labels ?? {});
  }

  function judge(attributes: Attributes, pod: PodLike, policy: ParsedPolicy, enforces: boolean): void {
    const { enforce, audit, warn } = policy;
    if (enforces) {
      const found = violationsOf(enforce, pod);
      counts.evaluated(found.length > 0 ? 'deny' : 'allow', enforce, 'enforce', attributes);
      if (violationsOf(audit, pod).length > 0) counts.evaluated('deny', audit, 'audit', attributes);
      if (found.length > 0) throw refuse(attributes, `violates PodSecurity "${textOf(enforce)}": ${detailOf(found)}`);
    }
    if (!enforces && violationsOf(audit, pod).length > 0) counts.evaluated('deny', audit, 'audit', attributes);
    const found = violationsOf(warn, pod);
    if (found.length === 0) return;
    counts.evaluated('deny', warn, 'warn', attributes);
    attributes.warn(`would violate PodSecurity "${textOf(warn)}": ${detailOf(found)}`);
  }

  function validatePod(attributes: Attributes): void {
    if (ignored.has(attributes.subresource)) return;
    const policy = policyFor(attributes.namespace);
    if (isOpen(policy)) {
      counts.evaluated('allow', policy.enforce, 'enforce', attributes);
      return;
    }
    const pod = attributes.object as unknown as Pod;
    if (attributes.oldObject !== undefined && !isSignificant(pod, attributes.oldObject as unknown as Pod)) return;
    judge(attributes, podLike(pod), policy, true);
  }

  function validateTemplate(attributes: Attributes): void {
    if (attributes.subresource !== '') return;
    const policy = policyFor(attributes.namespace);
    if (policy.warn.level === 'privileged' && policy.audit.level === 'privileged') return;
    const template = templateIn(attributes.object as unknown as Readonly<Record<string, unknown>>);
    if (template !== undefined) judge(attributes, podLike(template), policy, false);
  }

  function validateNamespace(attributes: Attributes): void {
    const { operation, subresource, object, oldObject, name } = attributes;
    if (subresource !== '') return;
    const next = policyOf(object?.metadata.labels ?? {});
    const before = operation === 'UPDATE' ? policyOf(oldObject?.metadata.labels ?? {}) : undefined;
    if (next.causes.length > 0 && JSON.stringify(next.causes) !== JSON.stringify(before?.causes)) {
      throw invalid({ group: '', kind: 'Namespace' }, name || object!.metadata.name, next.causes);
    }
    if (before === undefined || isSame(next.enforce, before.enforce) || next.enforce.level === 'privileged') return;
    const isLaxer = strictnessOf(next.enforce.level) <= strictnessOf(before.enforce.level);
    if (next.enforce.minor === before.enforce.minor && isLaxer) return;
    for (const warning of warningsOf(name, next.enforce, podsIn(name))) attributes.warn(warning);
  }

  return {
    name: 'PodSecurity',
    validate(attributes) {
      const { operation, group, resource } = attributes;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return;
      if (group === '' && resource === 'namespaces') validateNamespace(attributes);
      else if (group === '' && resource === 'pods') validatePod(attributes);
      else if (templated.has(`${group}/${resource}`)) validateTemplate(attributes);
    },
  };
}

function isOpen({ enforce, audit, warn }: ParsedPolicy): boolean {
  return [enforce, audit, warn].every(({ level }) => level === 'privileged');
}

const ignored: ReadonlySet<string> = new Set([
  'exec',
  'attach',
  'binding',
  'eviction',
  'log',
  'portforward',
  'proxy',
  'status',
]);

const templated: ReadonlySet<string> = new Set([
  '/replicationcontrollers',
  '/podtemplates',
  'apps/replicasets',
  'apps/deployments',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/jobs',
  'batch/cronjobs',
]);

interface Template {
  readonly metadata?: ObjectMeta;
  readonly spec?: PodSpec;
}

/** Of a PodTemplate itself, of what makes pods, of what makes what makes pods. */
function templateIn(object: Readonly<Record<string, unknown>>): Template | undefined {
  const { template, spec } = object as {
    template?: Template;
    spec?: { template?: Template; jobTemplate?: { spec?: { template?: Template } } };
  };
  return template ?? spec?.template ?? spec?.jobTemplate?.spec?.template;
}

function podLike({ metadata, spec }: Template): PodLike {
  return { annotations: metadata?.annotations ?? {}, spec: spec ?? { containers: [] } };
}

/** Whether anything changed that a check looks at: the rest of a pod never does. */
function isSignificant(pod: Pod, old: Pod): boolean {
  const own = (one: Pod, key: string) => one.metadata.annotations?.[key];
  const differs = (key: string): boolean => own(pod, key) !== own(old, key);
  if (differs('seccomp.security.alpha.kubernetes.io/pod')) return true;
  const isChanged = (now: Pick<Container, 'name' | 'image'>, before: Pick<Container, 'image'> | undefined): boolean =>
    now.image !== before?.image || differs(`container.seccomp.security.alpha.kubernetes.io/${now.name}`);
  const isListChanged = (now: readonly Container[] = [], before: readonly Container[] = []): boolean =>
    now.length !== before.length || now.some((one, index) => isChanged(one, before[index]));
  const ephemeral = old.spec.ephemeralContainers ?? [];
  return (
    isListChanged(pod.spec.containers, old.spec.containers) ||
    isListChanged(pod.spec.initContainers, old.spec.initContainers) ||
    (pod.spec.ephemeralContainers ?? []).some((one) => {
      const before = ephemeral.find(({ name }) => name === one.name);
      return before === undefined || isChanged(one, before);
    })
  );
}
