// Whether a pod that was bound to this node may run here. The scheduler asked the same before; but pods can name their
// node themselves, and two schedulers may have thought of the same room.
import { clash, hostPortsOf } from '#lib/api/scheduling/host-ports.ts';
import { matchesNode } from '#lib/api/scheduling/matches-node.ts';
import { untolerated } from '#lib/api/scheduling/tolerations.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import { isStatic } from '../static/annotations.ts';
import { shortageFor } from './fit.ts';
import { sysctlRefusal } from './sysctls.ts';

export interface AdmissionFacts {
  readonly pod: Pod;
  /** Pods that run here, or will. */
  readonly others: readonly Pod[];
  /** As the API has it; `undefined` before it was seen. */
  readonly node: Node | undefined;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly allowedUnsafeSysctls: readonly string[];
  readonly hasAppArmor: boolean;
  /** Whether the machine is going down. */
  readonly isShuttingDown: boolean;
}

/** What a refused pod's status and Event say. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Rule: kubelet's admission handlers, in their order: sysctls, operating system, groups, AppArmor, resources, node, ports, taints. */
export function admit(facts: AdmissionFacts): Refusal | undefined {
  const { pod, others, node, allocatable } = facts;
  if (facts.isShuttingDown) {
    return { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' };
  }
  const sysctl = sysctlRefusal(pod, facts.allowedUnsafeSysctls);
  if (sysctl !== undefined) return { reason: 'SysctlForbidden', message: sysctl };
  const system = wrongSystem(pod);
  if (system !== undefined) return system;
  const isStrict = pod.spec.securityContext?.supplementalGroupsPolicy === 'Strict';
  if (isStrict && node?.status.features?.supplementalGroupsPolicy === false) {
    const message = 'SupplementalGroupsPolicy=Strict is not supported in this node';
    return { reason: 'SupplementalGroupsPolicyNotSupported', message };
  }
  if (!facts.hasAppArmor && wantsAppArmor(pod)) {
    return { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' };
  }
  const short = shortageFor(pod, others, { ...extendedOf(node), ...allocatable });
  if (short !== undefined) {
    const { resource, requested, used, capacity } = short;
    const amounts = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
    return {
      reason: `OutOf${resource}`,
      message: `Node didn't have enough resource: ${resource}, ${amounts}`,
    };
  }
  const [name, why] = failedPredicate(pod, others, node) ?? [];
  return name === undefined ? undefined : { reason: name, message: `Predicate ${name} failed: ${why}` };
}

function wantsAppArmor({ spec }: Pod): boolean {
  const all = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  const profiles = [spec.securityContext, ...all.map(({ securityContext }) => securityContext)];
  return profiles.some((context) => (context?.appArmorProfile?.type ?? 'Unconfined') !== 'Unconfined');
}

/** What others advertise for the node: this process knows nothing of it but what the API says. */
function extendedOf(node: Node | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(node?.status.allocatable ?? {}).filter(([name]) => name.includes('/')));
}

function wrongSystem({ spec }: Pod): Refusal | undefined {
  const selected = spec.nodeSelector?.['kubernetes.io/os'];
  if (selected !== undefined && selected !== 'linux') {
    const message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
    return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message };
  }
  if (spec.os !== undefined && spec.os.name !== 'linux') {
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  }
  return undefined;
}

function failedPredicate(pod: Pod, others: readonly Pod[], node: Node | undefined) {
  if (node !== undefined && !matchesNode(pod, node)) {
    return ['NodeAffinity', "node(s) didn't match Pod's node affinity/selector"] as const;
  }
  const ports = hostPortsOf(pod);
  const used = ports.length === 0 ? [] : others.flatMap(hostPortsOf);
  if (ports.some((port) => used.some((other) => clash(port, other)))) {
    return ['NodePorts', "node(s) didn't have free ports for the requested pod ports"] as const;
  }
  if (!isStatic(pod) && untolerated(node?.spec?.taints, pod.spec.tolerations, ['NoExecute']) !== undefined) {
    return ['TaintToleration', "node(s) had taints that the pod didn't tolerate"] as const;
  }
  return undefined;
}
