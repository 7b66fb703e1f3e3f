import test from 'ava';
import type { KubeObject } from '../../resource.ts';
import { rulesOf } from '../rules.ts';
import { created, differing } from '../testing.ts';
import { finalizerWarnings } from './finalizers.ts';

/** Asserts what is said of making `base`, made different. */
function warns(group: string, kind: string, base: unknown) {
  return test.macro<[unknown, ...(readonly string[])]>({
    title: (title) => `${kind} ${title}`,
    exec(t, difference, ...expected) {
      const object = created(group, kind, differing(base, difference)) as KubeObject;
      t.deepEqual(rulesOf(group, kind).warnings(object), expected);
    },
  });
}

const container = { name: 'a', image: 'a' };
const podSpec = { containers: [container] };
const pod = warns('', 'Pod', { metadata: { name: 'a' }, spec: podSpec });
const deploymentOf = (template: object) => ({
  metadata: { name: 'a' },
  spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, ...template } },
});
const deployment = warns('apps', 'Deployment', deploymentOf({ spec: podSpec }));
const service = warns('', 'Service', { metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } });

test('that is well passes in silence', pod, {});
test(
  'with dots in its name is told of hostnames',
  pod,
  { metadata: { name: 'a.b' } },
  "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
);
test(
  'with dots in its name is told of names of pods',
  deployment,
  { metadata: { name: 'a.b' } },
  'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
);
test(
  'is told of old node labels',
  pod,
  {
    spec: {
      nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'beta.kubernetes.io/arch', operator: 'Exists' }] }],
          },
        },
      },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'failure-domain.beta.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
      ],
    },
  },
  'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
  'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/arch is deprecated since v1.14; use "kubernetes.io/arch" instead',
  'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
);
test(
  'is told of variables that hide others, of ports taken twice and of fractions of bytes',
  pod,
  {
    spec: {
      containers: [
        {
          ...container,
          env: [
            { name: 'A', value: 'x' },
            { name: 'A', value: '$(A)y' },
            { name: 'A', value: 'z' },
          ],
          ports: [{ containerPort: 80 }],
          resources: { limits: { memory: '1500m' } },
        },
        { name: 'b', image: 'b', ports: [{ containerPort: 80 }, { containerPort: 80, hostPort: 8080 }] },
      ],
    },
  },
  'spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer',
  'spec.containers[0].resources.requests[memory]: fractional byte value "1500m" is invalid, must be an integer',
  'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
  'spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]',
  'spec.containers[1].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
  'spec.containers[1].ports[1]: overlapping port definition with spec.containers[1].ports[0]',
);
test(
  'is told of annotations that do nothing any more',
  deployment,
  deploymentOf({
    metadata: {
      labels: { a: 'b' },
      annotations: {
        'scheduler.alpha.kubernetes.io/critical-pod': '',
        'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default',
        'container.apparmor.security.beta.kubernetes.io/a': 'unconfined',
      },
    },
  }),
  'spec.template.metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
  'spec.template.metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
  'spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]: deprecated since v1.30; use the "appArmorProfile" field instead',
);
test(
  'is told of what stands twice, of volumes of old, and of a grace that cannot be',
  pod,
  {
    spec: {
      hostAliases: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }],
      imagePullSecrets: [{ name: 'a' }, { name: 'a' }, {}],
      terminationGracePeriodSeconds: -1,
      volumes: [{ name: 'g', gitRepo: { repository: 'x' } }],
    },
  },
  'spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+',
  'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
  'spec.imagePullSecrets[1].name: duplicate name "a"',
  'spec.imagePullSecrets[2].name: invalid empty name ""',
  'spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
);

test(
  'without an address is told what does not count',
  service,
  { spec: { clusterIP: 'None', sessionAffinity: 'ClientIP', externalIPs: ['1.1.1.1'] } },
  'spec.externalIPs is ignored for headless services',
  'spec.SessionAffinity is ignored for headless services',
);
test(
  'is told of addresses in other forms',
  service,
  { spec: { type: 'LoadBalancer', loadBalancerIP: '2001:DB8::1', loadBalancerSourceRanges: ['10.0.0.1/8'] } },
  'spec.loadBalancerIP: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
  'spec.loadBalancerSourceRanges[0]: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
);
test(
  'is told of external addresses and of PreferClose',
  service,
  { spec: { externalIPs: ['1.1.1.1'], trafficDistribution: 'PreferClose' } },
  'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
  'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
);
test(
  'is told of the annotation that was a class',
  warns('networking.k8s.io', 'Ingress', {
    metadata: { name: 'a', annotations: { 'kubernetes.io/ingress.class': 'x' } },
  }),
  {},
  'annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead',
);
test(
  'is told of old annotations and of Recycle',
  warns('', 'PersistentVolume', {
    metadata: { name: 'a', annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } },
    spec: { capacity: { storage: '1Gi' }, persistentVolumeReclaimPolicy: 'Recycle', cephfs: { monitors: [] } },
  }),
  {},
  'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
  'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
  'spec.cephfs: deprecated in v1.28, non-functional in v1.31+',
);

test('warnings() of an update are those of a new generation; of a pod there are none', (t) => {
  const template = { spec: { ...podSpec, nodeSelector: { 'beta.kubernetes.io/os': 'linux' } } };
  const rules = rulesOf('apps', 'Deployment');
  const at = (generation: number) => {
    const object = created('apps', 'Deployment', deploymentOf(template));
    return { ...object, metadata: { ...object.metadata, generation } } as KubeObject;
  };
  t.is(rules.warnings(at(1), at(1)).length, 0);
  t.is(rules.warnings(at(2), at(1)).length, 1);
  const pod = created('', 'Pod', { metadata: { name: 'a' }, ...template }) as KubeObject;
  t.is(rulesOf('', 'Pod').warnings(pod, pod).length, 0);
});

test('finalizerWarnings() speaks of what is new and has no domain', (t) => {
  const of = (...finalizers: string[]) => ({ metadata: { name: 'a', finalizers } }) as unknown as KubeObject;
  t.deepEqual(finalizerWarnings(of('b', 'a', 'orphan', 'example.com/x'), of('b')), [
    'metadata.finalizers: "a": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers',
  ]);
});
