// What a stored pod has, it may keep: every case stores `before` as it is and changes no more than a label, or it stores
// a sound pod and changes into `before`.
import test from 'ava';
import type { KubeObject } from '../../resource.ts';
import { rulesOf } from '../rules.ts';
import { created, differing } from '../testing.ts';

const base = {
  metadata: { name: 'a', namespace: 'default' },
  spec: { serviceAccountName: 'default', containers: [{ name: 'web', image: 'nginx:1' }] },
};

/** Asserts what a new pod is refused for, and that a stored one is not. */
const keeps = test.macro<[object, ...(readonly string[])]>({
  title: (title) => `A Pod keeps ${title}`,
  exec(t, difference, ...expected) {
    const rules = rulesOf('', 'Pod');
    const shown = (causes: ReturnType<typeof rules.validate>) => causes.map((one) => `${one.field}: ${one.message}`);
    const stored = created('', 'Pod', differing(base, difference)) as KubeObject;
    t.deepEqual(shown(rules.validate(stored)), expected);
    const next = differing(stored, { metadata: { labels: { changed: 'yes' } } }) as KubeObject;
    t.deepEqual(shown(rules.validateUpdate(next, stored)), []);
    const sound = created('', 'Pod', base) as KubeObject;
    const causes = shown(rules.validateUpdate(differing(sound, difference) as KubeObject, sound));
    for (const one of expected) t.true(causes.includes(one), causes.join('\n'));
  },
});

const notLabel =
  /* as upstream says it */ "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const wrongSelector = { matchExpressions: [{ key: 'app', operator: 'In', values: ['-1'] }] };
const must = 'requiredDuringSchedulingIgnoredDuringExecution';

test(
  'a selector of other pods by a value that no label has',
  keeps,
  { spec: { affinity: { podAffinity: { [must]: [{ topologyKey: 'zone', labelSelector: wrongSelector }] } } } },
  `spec.affinity.podAffinity.${must}[0].labelSelector.matchExpressions[0].values[0]: Invalid value: "-1": ${notLabel}`,
);
test(
  'such a selector of namespaces, to keep away from',
  keeps,
  { spec: { affinity: { podAntiAffinity: { [must]: [{ topologyKey: 'zone', namespaceSelector: wrongSelector }] } } } },
  `spec.affinity.podAntiAffinity.${must}[0].namespaceSelector.matchExpressions[0].values[0]: Invalid value: "-1": ${notLabel}`,
);
test(
  'nodes that no label names',
  keeps,
  { spec: { affinity: { nodeAffinity: { [must]: { nodeSelectorTerms: [wrongSelector] } } } } },
  `spec.affinity.nodeAffinity.${must}.nodeSelectorTerms[0].matchExpressions[0].values[0]: Invalid value: "-1": ${notLabel}`,
);

const spread = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' };
test(
  'a selector of its spread that is none',
  keeps,
  { spec: { topologySpreadConstraints: [{ ...spread, labelSelector: wrongSelector }] } },
  `spec.topologySpreadConstraints[0].labelSelector.matchExpressions[0].values[0]: Invalid value: "-1": ${notLabel}`,
);
test(
  'keys of its spread without a selector',
  keeps,
  { spec: { topologySpreadConstraints: [{ ...spread, matchLabelKeys: ['app'] }] } },
  'spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set',
);
test(
  'a token outside of its volume',
  keeps,
  {
    spec: {
      volumes: [
        { name: 'v', projected: { sources: [{ serviceAccountToken: { path: '../token', expirationSeconds: 3600 } }] } },
      ],
    },
  },
  `spec.volumes[0].projected.path: Invalid value: "../token": must not contain '..'`,
);
test(
  "settings of the host's network",
  keeps,
  { spec: { hostNetwork: true, securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1' }] } } },
  `spec.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when 'hostNetwork' is true`,
);
test(
  'huge pages that are none',
  keeps,
  {
    spec: {
      containers: [
        {
          name: 'web',
          image: 'nginx:1',
          resources: {
            requests: { cpu: '1', 'hugepages-2Mi': '3Mi' },
            limits: { cpu: '1', 'hugepages-2Mi': '3Mi' },
          },
        },
      ],
    },
  },
  'spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
  'spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
);
test(
  "users of its own in the host's network",
  keeps,
  { spec: { hostUsers: false, hostNetwork: true } },
  'spec.hostNetwork: Forbidden: when `hostUsers` is false',
);
test(
  'devices that its own users cannot have',
  keeps,
  {
    spec: {
      hostUsers: false,
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
      containers: [{ name: 'web', image: 'nginx:1', volumeDevices: [{ name: 'v', devicePath: '/dev/v' }] }],
    },
  },
  'spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false',
);

test('A Pod keeps no more than the mistake that it has', (t) => {
  const rules = rulesOf('', 'Pod');
  const keyless = { matchExpressions: [{ key: 'a b', operator: 'In', values: ['-1'] }] };
  const by = (labelSelector: object) =>
    differing(base, { spec: { affinity: { podAffinity: { [must]: [{ topologyKey: 'zone', labelSelector }] } } } });
  const stored = created('', 'Pod', by(keyless)) as KubeObject;
  const causes = rules.validateUpdate(differing(stored, { metadata: { labels: { a: 'b' } } }) as KubeObject, stored);
  t.deepEqual(
    causes.map(({ field }) => field),
    [`spec.affinity.podAffinity.${must}[0].labelSelector.matchExpressions[0].key`],
  );
});
