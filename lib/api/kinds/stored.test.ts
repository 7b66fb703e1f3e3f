// Objects stored under older rules: a selector by values that no label has, and the like. They can still be changed, and
// others cannot be changed into such.
import test from 'ava';
import type { KubeObject } from '../resource.ts';
import { rulesOf } from './rules.ts';
import { created, differing } from './testing.ts';

const metadata = { name: 'a', namespace: 'default' };
const selector = { matchExpressions: [{ key: 'app', operator: 'In', values: ['-1'] }] };
const value = 'matchExpressions[0].values[0]: Invalid value: "-1": a valid label must be';

interface Case {
  readonly kind: readonly [group: string, kind: string];
  readonly sound: object;
  /** What makes it wrong. */
  readonly wrong: object;
  /** How what is said of that begins. */
  readonly causes: readonly string[];
  /** Another change. */
  readonly change?: object;
}

/** Asserts that a wrong one can be changed, and that a sound one cannot be made wrong. */
const stays = test.macro<[Case]>({
  title: (title, { kind }) => `${kind[1]} keeps ${title}`,
  exec(t, { kind, sound, wrong, causes, change = { metadata: { labels: { a: 'b' } } } }) {
    const rules = rulesOf(...kind);
    const store = (object: unknown) => created(...kind, object) as KubeObject;
    const texts = (next: unknown, previous: unknown) =>
      rules.validateUpdate(store(next), store(previous)).map(({ field, message }) => `${field}: ${message}`);
    const stored = differing(sound, wrong);
    t.deepEqual(texts(differing(stored, change), stored), []);
    const found = texts(stored, sound);
    t.is(found.length, causes.length, found.join('\n'));
    for (const [index, text] of causes.entries()) t.true(found[index]?.startsWith(text), found[index]);
  },
});

test('what it selects pods by', stays, {
  kind: ['policy', 'PodDisruptionBudget'],
  sound: { metadata, spec: { minAvailable: 1, selector: {} } },
  wrong: { spec: { selector } },
  change: { spec: { minAvailable: 2 } },
  causes: [`spec.selector.${value}`],
});
test('what it selects pods by', stays, {
  kind: ['networking.k8s.io', 'NetworkPolicy'],
  sound: { metadata, spec: { podSelector: {} } },
  wrong: { spec: { podSelector: selector } },
  change: { spec: { ingress: [{ from: [{ namespaceSelector: selector }] }] } },
  causes: [`spec.podSelector.${value}`],
});
test('what it gathers roles by', stays, {
  kind: ['rbac.authorization.k8s.io', 'ClusterRole'],
  sound: { metadata: { name: 'a' }, aggregationRule: { clusterRoleSelectors: [{}] } },
  wrong: { aggregationRule: { clusterRoleSelectors: [selector] } },
  causes: [
    `aggregationRule.clusterRoleSelectors[0].${value}`,
    'aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.',
  ],
});

const claim = {
  metadata,
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, selector: {} },
};
test('what it selects volumes by', stays, {
  kind: ['', 'PersistentVolumeClaim'],
  sound: claim,
  wrong: { spec: { selector } },
  causes: [
    `spec.selector.${value}`,
    'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName',
  ],
});
test('the nodes that it names', stays, {
  kind: ['', 'PersistentVolume'],
  sound: {
    metadata: { name: 'a' },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/a' } },
  },
  wrong: { spec: { nodeAffinity: { required: { nodeSelectorTerms: [selector] } } } },
  change: { spec: { capacity: { storage: '2Gi' } } },
  causes: [`spec.nodeAffinity.required.nodeSelectorTerms[0].${value}`],
});
test('the nodes that it names', stays, {
  kind: ['storage.k8s.io', 'CSIStorageCapacity'],
  sound: { metadata, storageClassName: 'a', nodeTopology: {} },
  wrong: { nodeTopology: selector },
  change: { capacity: '1Gi' },
  causes: [`nodeTopology.${value}`, 'nodeTopology: Invalid value: '],
});

const webhook = {
  name: 'a.example.com',
  clientConfig: { url: 'https://example.com/a' },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
};
for (const kind of ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']) {
  const group = 'admissionregistration.k8s.io';
  const sound = { metadata: { name: 'a' }, webhooks: [webhook] };
  const by = (difference: object) => ({ webhooks: [{ ...webhook, ...difference }] });
  for (const [title, wrong, ...causes] of [
    [
      'side effects',
      by({ sideEffects: 'Some' }),
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
    ],
    [
      'reviews that nobody sends',
      by({ admissionReviewVersions: ['v3'] }),
      'webhooks[0].admissionReviewVersions: Invalid value: ["v3"]: must include at least one of v1, v1beta1',
    ],
    ['a name twice', { webhooks: [webhook, webhook] }, 'webhooks[1].name: Duplicate value: "a.example.com"'],
    ['what it selects objects by', by({ objectSelector: selector }), `webhooks[0].objectSelector.${value}`],
    ['what it selects namespaces by', by({ namespaceSelector: selector }), `webhooks[0].namespaceSelector.${value}`],
    [
      'conditions without names',
      by({ matchConditions: [{ expression: 'true' }] }),
      'webhooks[0].matchConditions[0].name: Required value',
    ],
  ] as const) {
    test(title, stays, { kind: [group, kind], sound, wrong, causes });
  }
}

for (const [kind, spec] of [
  ['ValidatingAdmissionPolicy', { validations: [{ expression: 'true' }] }],
  [
    'MutatingAdmissionPolicy',
    {
      reinvocationPolicy: 'Never',
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
    },
  ],
] as const) {
  const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
  const sound = { metadata: { name: 'a' }, spec: { matchConstraints: { resourceRules: [rule] }, ...spec } };
  test('conditions without names', stays, {
    kind: ['admissionregistration.k8s.io', kind],
    sound,
    wrong: { spec: { matchConditions: [{ expression: 'true' }] } },
    causes: ['spec.matchConditions[0].name: Required value'],
  });
}

const schemaOf = (properties: object) => ({ schema: { openAPIV3Schema: { type: 'object', properties } } });
function definitionOf(group: string, version: object, more: object = {}): object {
  return {
    metadata: { name: `tabs.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'tabs', kind: 'Tab' },
      versions: [{ name: 'v1', served: true, storage: true, ...version }],
      ...more,
    },
  };
}
const definition = ['apiextensions.k8s.io', 'CustomResourceDefinition'] as const;
const plain = definitionOf('example.com', schemaOf({}));
const hook = (...conversionReviewVersions: readonly string[]) => ({
  conversion: {
    strategy: 'Webhook',
    webhook: { clientConfig: { url: 'https://example.com/a' }, conversionReviewVersions },
  },
});

test('unknown fields', stays, {
  kind: definition,
  sound: plain,
  wrong: { spec: { preserveUnknownFields: true } },
  causes: ['spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown'],
});
test('reviews that nobody sends', stays, {
  kind: definition,
  sound: definitionOf('example.com', schemaOf({}), hook('v1')),
  wrong: { spec: hook('v3') },
  causes: ['spec.conversion.conversionReviewVersions: Invalid value: ["v3"]: must include at least one of v1, v1beta1'],
});
const key = 'api-approved.kubernetes.io';
const protectedOne = definitionOf('tabs.k8s.io', schemaOf({}));
test('a group that nobody has approved', stays, {
  kind: definition,
  sound: differing(protectedOne, { metadata: { annotations: { [key]: 'unapproved' } } }) as object,
  wrong: { metadata: { annotations: { [key]: undefined } } },
  causes: [`metadata.annotations[${key}]: Required value: protected groups must have approval annotation`],
});
test('an approval that is none', stays, {
  kind: definition,
  sound: differing(protectedOne, { metadata: { annotations: { [key]: 'https://example.com' } } }) as object,
  wrong: { metadata: { annotations: { [key]: 'yes' } } },
  causes: [`metadata.annotations[${key}]: Invalid value: "yes": protected groups must have approval annotation`],
});
const within = 'spec.validation.openAPIV3Schema.properties[a]';
const list = (more: object) => ({
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['k'],
  items: { type: 'object', properties: { k: { type: 'string' } }, ...more },
});
const changed = { spec: { names: { shortNames: ['t'] } } };
test('keys that items may lack', stays, {
  kind: definition,
  sound: definitionOf('example.com', schemaOf({ a: list({ required: ['k'] }) })),
  wrong: { spec: definitionSpec(schemaOf({ a: list({}) })) },
  change: changed,
  causes: [`${within}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys`],
});
test('defaults that it does not know', stays, {
  kind: definition,
  sound: plain,
  wrong: { spec: definitionSpec(schemaOf({ a: { type: 'object', default: { b: 1 } } })) },
  change: changed,
  causes: [`${within}.default: Invalid value: {"b":1}: must not have unknown fields`],
});

function definitionSpec(version: object): object {
  return { versions: [{ name: 'v1', served: true, storage: true, ...version }] };
}

const high = { metadata: { name: 'a' }, value: 2_000_000_000 };
test('PriorityClass keeps a value that is not for users', (t) => {
  const rules = rulesOf('scheduling.k8s.io', 'PriorityClass');
  const stored = created('scheduling.k8s.io', 'PriorityClass', high) as KubeObject;
  t.is(rules.validate(stored).length, 1);
  t.deepEqual(rules.validateUpdate(differing(stored, { description: 'new' }) as KubeObject, stored), []);
});

test('Node keeps ranges of an older form', stays, {
  kind: ['', 'Node'],
  sound: { metadata: { name: 'a' } },
  wrong: { spec: { podCIDR: '10.01.0.0/24', podCIDRs: ['10.01.0.0/24'] } },
  causes: ['spec.podCIDRs[0]: Invalid value: "10.01.0.0/24": must be a valid CIDR value'],
});

for (const [group, kind, spec] of [
  ['', 'Service', { type: 'LoadBalancer' }],
  ['networking.k8s.io', 'Ingress', {}],
] as const) {
  test(`${kind} keeps addresses of its balancer in an older form`, (t) => {
    const rules = rulesOf(group, kind);
    const by = (...ips: readonly string[]) => {
      const ingress = ips.map((ip) => (kind === 'Service' ? { ip, ipMode: 'VIP' } : { ip }));
      return { metadata, spec, status: { loadBalancer: { ingress } } } as unknown as KubeObject;
    };
    const fields = (next: KubeObject, previous: KubeObject) =>
      rules.validateStatusUpdate(next, previous, 0).map(({ field }) => field);
    t.deepEqual(fields(by('1.2.3.4', '10.0.0.01'), by('10.0.0.01')), []);
    t.deepEqual(fields(by('10.0.0.01'), by('10.0.0.1')), ['status.loadBalancer.ingress[0].ip']);
  });
}

for (const [title, types, ...fields] of [
  ['two decisions', ['Approved', 'Denied'], 'status.conditions[1].type'],
  ['a condition twice', ['Other', 'Other'], 'status.conditions[1].type'],
  ['a condition without a type', [''], 'status.conditions[0].type'],
] as const) {
  test(`CertificateSigningRequest keeps ${title}`, (t) => {
    const rules = rulesOf('certificates.k8s.io', 'CertificateSigningRequest');
    const by = (...all: readonly string[]) => {
      const conditions = all.map((type) => ({ type, status: 'True' }));
      return { metadata: { name: 'a' }, status: { conditions } } as unknown as KubeObject;
    };
    const found = (next: KubeObject, previous: KubeObject) =>
      rules.validateStatusUpdate(next, previous, 0).map(({ field }) => field);
    t.deepEqual(found(by(...types, 'More'), by(...types)), []);
    const causes = found(by(...types), by());
    for (const field of fields) t.true(causes.includes(field), causes.join('\n'));
  });
}
