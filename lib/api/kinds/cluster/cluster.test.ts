// What upstream's own tests of the kinds of the cluster refuse and take.
import test from 'ava';
import { generateKey, renderRequest } from '#lib/pki/certificate-request.ts';
import { rulesOf } from '../rules.ts';
import { created, validates } from '../testing.ts';
import { validateSignerName } from './signer-name.ts';
import { validateFlowStatus } from './validate-flow.ts';

const metadata = { name: 'a' };
for (const [name, ...expected] of [
  ['example.com/a.b'],
  ['', 'Required value: signerName must be provided'],
  ['a', `Invalid value: "a": must be a fully qualified domain and path of the form 'example.com/signer-name'`],
  [
    'a.b/c/d',
    `Invalid value: "a.b/c/d": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
  ],
  ['a/b', 'Invalid value: "a": should be a domain with at least two segments separated by dots'],
] as const) {
  test(`validateSignerName() judges "${name}"`, (t) => {
    t.deepEqual(
      validateSignerName(name, 's').map(({ message }) => message),
      [...expected],
    );
  });
}
test('validateSignerName() names the part that is wrong', (t) => {
  const [first, ...others] = validateSignerName('a.-/b', 's');
  t.regex(first?.message ?? '', /^Invalid value: "a\.-": validating label "-": a lowercase RFC 1123 label/);
  t.is(others.length, 0);
});

test('CertificateSigningRequest asks for known usages, each once, with a request that is one', async (t) => {
  const request = renderRequest(await generateKey(), { commonName: 'a', organizations: [] });
  const text = (pem: string) => Buffer.from(pem).toString('base64');
  const judge = (spec: object) => {
    const sound = { request: text(request), usages: ['client auth'], signerName: 'example.com/a' };
    const object = created('certificates.k8s.io', 'CertificateSigningRequest', {
      metadata,
      spec: { ...sound, ...spec },
    });
    const causes = rulesOf('certificates.k8s.io', 'CertificateSigningRequest').validate(object as never);
    return causes.map(({ field, message }) => `${field}: ${(message ?? '').replace(/Invalid value: ".*?": /, '')}`);
  };
  t.deepEqual(judge({}), []);
  t.deepEqual(judge({ usages: undefined }), ['spec.usages: Required value: usages must be provided']);
  t.regex(judge({ usages: ['x'] })[0] ?? '', /^spec\.usages\[0\]: Unsupported value: "x"/);
  t.deepEqual(judge({ usages: ['any', 'any'] }), ['spec.usages[1]: Duplicate value: "any"']);
  t.deepEqual(judge({ request: '' }), ['spec.request: PEM block type must be CERTIFICATE REQUEST']);
  const broken = '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n';
  t.deepEqual(judge({ request: text(broken) }), ['spec.request: x509: malformed certificate request']);
});

const lease = validates('coordination.k8s.io', 'Lease', { metadata: { name: 'a', namespace: 'b' }, spec: {} });
test('valid', lease, { spec: { strategy: 'OldestEmulationVersion', preferredHolder: 'a' } });
test(
  'refused with an unknown strategy',
  lease,
  { spec: { strategy: 'x' } },
  'spec.strategy.strategy: Unsupported value: "x": supported values: "OldestEmulationVersion"',
);
test(
  'refused with a holder to prefer and no strategy',
  lease,
  { spec: { preferredHolder: 'a' } },
  'spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined',
);

const runtime = validates('node.k8s.io', 'RuntimeClass', { metadata, handler: 'a' });
const toleration = { key: 'a', operator: 'Exists' };
test('valid', runtime, {
  overhead: { podFixed: { cpu: '1' } },
  scheduling: { nodeSelector: { a: 'b' }, tolerations: [toleration] },
});
test(
  'refused with a selector that is none',
  runtime,
  { scheduling: { nodeSelector: { ':': 'b' } } },
  /^scheduling\.nodeSelector: Invalid value: ":"/,
);
test(
  'refused with a toleration twice',
  runtime,
  { scheduling: { tolerations: [toleration, toleration] } },
  /^scheduling\.tolerations\[1\]: Duplicate value: /,
);
test(
  'refused with less than nothing',
  runtime,
  { overhead: { podFixed: { cpu: '-1' } } },
  'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
);

const priority = validates('scheduling.k8s.io', 'PriorityClass', { metadata, value: 1 });
const reserved =
  "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error:";
test(
  'refused with a name of the system',
  priority,
  { metadata: { name: 'system-x' } },
  `${reserved} system-x is not a known system priority class`,
);
test(
  'refused with another value',
  priority,
  { metadata: { name: 'system-node-critical' } },
  `${reserved} value of system-node-critical PriorityClass must be 2000001000`,
);

const service = {
  metadata: { name: 'v1.a.b' },
  spec: { group: 'a.b', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 },
};
const services = validates('apiregistration.k8s.io', 'APIService', service);
test('valid', services, {});
for (const [title, spec, ...expected] of [
  [
    'a high priority of its group',
    { groupPriorityMinimum: 20001 },
    'spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000',
  ],
  [
    'a high priority of its version',
    { versionPriority: 1001 },
    'spec.versionPriority: Invalid value: 1001: must be positive and less than 1000',
  ],
  [
    'trust in nobody, here',
    { insecureSkipTLSVerify: true },
    'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
  ],
  [
    'a bundle, here',
    { caBundle: 'AAAA' },
    'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle',
  ],
  [
    'no Service to speak of',
    { service: {} },
    'spec.service.namespace: Required value',
    'spec.service.name: Required value',
  ],
  [
    'trust in both',
    { service: { namespace: 'a', name: 'b' }, caBundle: 'AAAA', insecureSkipTLSVerify: true },
    'spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present',
  ],
] as const) {
  test(`refused with ${title}`, services, { spec }, ...expected);
}
test(
  'refused under another name',
  services,
  { metadata: { name: 'v1.b' } },
  'metadata.name: Invalid value: "v1.b": must be `spec.version+"."+spec.group`: "v1.a.b"',
);

test('validateFlowStatus() takes each condition once', (t) => {
  const causes = validateFlowStatus({ conditions: [{ type: 'A' }, { type: 'A' }, {}] });
  t.deepEqual(
    causes.map(({ field, message }) => `${field}: ${message}`),
    ['status.conditions[1].type: Duplicate value: "A"', 'status.conditions[2].type: Required value: must not be empty'],
  );
});

const webhook = {
  name: 'a.b.c',
  clientConfig: { url: 'https://a' },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
};
const hooks = validates('admissionregistration.k8s.io', 'MutatingWebhookConfiguration', {
  metadata,
  webhooks: [webhook],
});
test('valid', hooks, {});
for (const [title, change, ...expected] of [
  [
    'a name of two parts',
    { name: 'a.b' },
    'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
  ],
  [
    'an unknown policy of failure',
    { failurePolicy: 'x' },
    'webhooks[0].failurePolicy: Unsupported value: "x": supported values: "Fail", "Ignore"',
  ],
  [
    'an unknown match',
    { matchPolicy: 'x' },
    'webhooks[0].matchPolicy: Unsupported value: "x": supported values: "Equivalent", "Exact"',
  ],
  [
    'an unknown repetition',
    { reinvocationPolicy: 'x' },
    'webhooks[0].reinvocationPolicy: Unsupported value: "x": supported values: "IfNeeded", "Never"',
  ],
  [
    'a selector that is none',
    { objectSelector: { matchLabels: { ':': 'a' } } },
    /^webhooks\[0\]\.objectSelector\.matchLabels: Invalid value: ":"/,
  ],
  [
    'an operation without a name',
    { rules: [{ ...webhook.rules[0], operations: [''] }] },
    /^webhooks\[0\]\.rules\[0\]\.operations\[0\]: Unsupported value: ""/,
  ],
  [
    'a review twice',
    { admissionReviewVersions: ['v1', 'v1'] },
    'webhooks[0].admissionReviewVersions[1]: Invalid value: "v1": duplicate version',
  ],
  [
    'a URL in the clear',
    { clientConfig: { url: 'http://a' } },
    /^webhooks\[0\]\.clientConfig\.url: Invalid value: "http": /,
  ],
] as const) {
  test(`refused with ${title}`, hooks, { webhooks: [{ ...webhook, ...change }] }, ...expected);
}
