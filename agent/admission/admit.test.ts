import test from 'ava';
import type { Node, Pod, PodSpec } from '#lib/api/types/core.v1.ts';
import { exampleContainer, examplePod } from '../pods/example.ts';
import { type AdmissionFacts, admit } from './admit.ts';

const node: Node = { metadata: { name: 'n1', labels: { disk: 'ssd' } }, spec: {}, status: {} };
const base = {
  node,
  others: [],
  allocatable: { cpu: '2', memory: '1Gi', pods: '3' },
  allowedUnsafeSysctls: [],
  hasAppArmor: false,
  isShuttingDown: false,
};

const refuses = test.macro<[string, Partial<PodSpec>, Partial<AdmissionFacts>, string | undefined, string?]>({
  title: (_title, name) => `admit() judges ${name}`,
  exec(t, _name, spec, facts, reason, message) {
    const refusal = admit({ ...base, pod: examplePod(spec), ...facts });
    t.is(refusal?.reason, reason);
    if (message !== undefined) t.is(refusal?.message, message);
  },
});

const asking = (requests: Readonly<Record<string, string>>): Partial<PodSpec> => ({
  containers: [exampleContainer('main', { resources: { requests } })],
});
const ports = (...all: readonly object[]): Partial<PodSpec> => ({
  containers: [exampleContainer('main', { ports: all.map((one) => ({ containerPort: 80, ...one })) })],
});
const sysctls = (name: string, rest: Partial<PodSpec> = {}): Partial<PodSpec> => ({
  securityContext: { sysctls: [{ name, value: '1' }] },
  ...rest,
});
const beside = (...specs: readonly Partial<PodSpec>[]): { readonly others: readonly Pod[] } => ({
  others: specs.map((spec) => examplePod(spec)),
});

test(refuses, 'a plain pod', {}, {}, undefined);
const strict: Partial<PodSpec> = { securityContext: { supplementalGroupsPolicy: 'Strict' } };
const runtime = (supplementalGroupsPolicy: boolean) => ({
  node: { ...node, status: { features: { supplementalGroupsPolicy } } },
});
test(
  refuses,
  'strict groups on a runtime that cannot leave any out',
  strict,
  runtime(false),
  'SupplementalGroupsPolicyNotSupported',
  'SupplementalGroupsPolicy=Strict is not supported in this node',
);
test(refuses, 'strict groups on a runtime that can', strict, runtime(true), undefined);
const profiled = (type: 'RuntimeDefault' | 'Unconfined'): Partial<PodSpec> => ({
  containers: [exampleContainer('main', { securityContext: { appArmorProfile: { type } } })],
});
test(
  refuses,
  'an AppArmor profile where there is no AppArmor',
  profiled('RuntimeDefault'),
  {},
  'AppArmor',
  'Cannot enforce AppArmor: AppArmor is not enabled on the host',
);
test(refuses, 'the same where there is', profiled('RuntimeDefault'), { hasAppArmor: true }, undefined);
test(
  refuses,
  'anything while the machine goes down',
  {},
  { isShuttingDown: true },
  'NodeShutdown',
  'Pod was rejected as the node is shutting down.',
);
test(refuses, 'no profile', profiled('Unconfined'), {}, undefined);
test(
  refuses,
  'too much CPU',
  asking({ cpu: '1500m' }),
  beside(asking({ cpu: '600m' })),
  'OutOfcpu',
  "Node didn't have enough resource: cpu, requested: 1500, used: 600, capacity: 2000",
);
test(refuses, 'all of the CPU', asking({ cpu: '2' }), {}, undefined);
test(refuses, 'too much memory', asking({ memory: '2Gi' }), {}, 'OutOfmemory');
const gpus = (count: string) => ({ node: { ...node, status: { allocatable: { 'example.com/gpu': count } } } });
test(
  refuses,
  'more than others advertise for the node',
  asking({ 'example.com/gpu': '2' }),
  gpus('1'),
  'OutOfexample.com/gpu',
);
test(refuses, 'what others advertise for the node', asking({ 'example.com/gpu': '2' }), gpus('2'), undefined);
// Rule: kubelet, resources that its node does not have are the cluster's.
test(refuses, 'something of the whole cluster', asking({ 'example.com/gpu': '1' }), {}, undefined);
test(
  refuses,
  'one pod too many',
  {},
  beside({}, {}, {}),
  'OutOfpods',
  "Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
);
test(
  refuses,
  'a selector for another node',
  { nodeSelector: { disk: 'hdd' } },
  {},
  'NodeAffinity',
  "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
);
test(refuses, 'a selector before the node is known', { nodeSelector: { disk: 'hdd' } }, { node: undefined }, undefined);
test(refuses, 'a port that is taken', ports({ hostPort: 80 }), beside(ports({ hostPort: 80 })), 'NodePorts');
test(
  refuses,
  'a port that is taken on another address',
  ports({ hostPort: 80, hostIP: '10.0.0.1' }),
  beside(ports({ hostPort: 80, hostIP: '10.0.0.2' })),
  undefined,
);
test(
  refuses,
  'a taint that ends pods',
  {},
  { node: { ...node, spec: { taints: [{ key: 'a', effect: 'NoExecute' }] } } },
  'TaintToleration',
);
test(
  refuses,
  'another system',
  { nodeSelector: { 'kubernetes.io/os': 'windows' } },
  {},
  'PodOSSelectorNodeLabelDoesNotMatch',
);
test(refuses, 'a safe sysctl', sysctls('net.ipv4.tcp_syncookies'), {}, undefined);
test(refuses, 'a safe sysctl with slashes', sysctls('net/ipv4/tcp_syncookies'), {}, undefined);
test(
  refuses,
  'an unsafe sysctl',
  sysctls('kernel.msgmax'),
  {},
  'SysctlForbidden',
  'forbidden sysctl: "kernel.msgmax" not allowlisted',
);
test(
  refuses,
  'an unsafe sysctl that the node allows',
  sysctls('kernel.msgmax'),
  { allowedUnsafeSysctls: ['kernel.msg*'] },
  undefined,
);
test(
  refuses,
  "a sysctl of the node's own namespace",
  sysctls('net.ipv4.tcp_syncookies', { hostNetwork: true }),
  {},
  'SysctlForbidden',
  'forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host net enabled',
);
