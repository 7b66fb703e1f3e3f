// What upstream's own tests of networking and discovery refuse and take.
import test from 'ava';
import { created, updates, validates } from '../testing.ts';

const group = 'networking.k8s.io';
const metadata = { name: 'a', namespace: 'default' };
const backend = { service: { name: 'web', port: { number: 80 } } };
const path = { path: '/', pathType: 'Exact', backend };
const base = { metadata, spec: { rules: [{ host: 'a.example', http: { paths: [path] } }] } };
const ingress = validates(group, 'Ingress', base);
const only = (change: object) => ({ spec: { rules: [{ http: { paths: [{ ...path, ...change }] } }] } });
const first = 'spec.rules[0].http.paths[0]';
for (const [title, difference, ...expected] of [
  [
    'without rules',
    { spec: { rules: undefined } },
    /^spec: Invalid value: null: either `defaultBackend` or `rules` must be specified$/,
  ],
  ['with a path that is none', only({ path: 'a' }), `${first}.path: Invalid value: "a": must be an absolute path`],
  ['with a way back', only({ path: '/a/..' }), `${first}.path: Invalid value: "/a/..": cannot end with '/..'`],
  [
    'with an unknown type',
    only({ path: 'a//b', pathType: 'x' }),
    /^spec\.rules\[0\]\.http\.paths\[0\]\.pathType: Unsupported value: "x"/,
  ],
  [
    'without a backend',
    only({ backend: {} }),
    `${first}.backend: Invalid value: "": resource or service backend is required`,
  ],
  [
    'with both ports',
    only({ backend: { service: { name: 'a', port: { name: 'a', number: 1 } } } }),
    `${first}.backend: Invalid value: "": cannot set both port name & port number`,
  ],
  [
    'with no port',
    only({ backend: { service: { name: 'a' } } }),
    `${first}.backend: Required value: port name or number is required`,
  ],
  [
    'with a port out of range',
    only({ backend: { service: { name: 'a', port: { number: 70000 } } } }),
    `${first}.backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive`,
  ],
  [
    'with a resource without a name',
    only({ backend: { resource: { kind: 'a' } } }),
    `${first}.backend.resource.name: Required value: name is required`,
  ],
  [
    'with a secret that is none',
    { spec: { tls: [{ secretName: 'A' }] } },
    /^spec\.tls\[0\]\.secretName: Invalid value: "A": a lowercase RFC 1123 subdomain/,
  ],
  [
    'with a host of TLS that is none',
    { spec: { tls: [{ hosts: ['a', '*.'] }] } },
    /^spec\.tls\[0\]\.hosts\[1\]: Invalid value: "\*\.": a wildcard DNS-1123 subdomain/,
  ],
  ['with a class that is none', { spec: { ingressClassName: 'A' } }, /^spec\.ingressClassName: Invalid value: "A"/],
  [
    'of two classes',
    { metadata: { annotations: { 'kubernetes.io/ingress.class': 'a' } }, spec: { ingressClassName: 'b' } },
    'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
  ],
] as const) {
  test(`refused ${title}`, ingress, difference, ...expected);
}
test('valid', ingress, {});
test(
  'valid for a Service of any label',
  ingress,
  only({ backend: { service: { name: '1a', port: { name: 'http' } } } }),
);
test(
  'keeps what was let pass',
  updates(group, 'Ingress', { ...base, spec: { ...base.spec, tls: [{ secretName: 'A' }] } }),
  {
    spec: { tls: [{ secretName: 'B' }] },
  },
);

const kind = validates(group, 'IngressClass', { metadata: { name: 'a' }, spec: { controller: 'acme.io/foo' } });
const parameters = { kind: 'a', name: 'b' };
test('valid', kind, { spec: { parameters } });
for (const [title, spec, ...expected] of [
  ['no controller', { controller: '' }, 'spec.controller: Required value'],
  [
    'a controller without a domain',
    { controller: 'foo' },
    'spec.controller: Invalid value: "foo": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  [
    'a long controller',
    { controller: `acme.io/${'a'.repeat(243)}` },
    'spec.controller: Too long: may not be more than 250 bytes',
  ],
  [
    'an unknown scope',
    { parameters: { ...parameters, scope: 'x' } },
    'spec.parameters.scope: Unsupported value: "x": supported values: "Cluster", "Namespace"',
  ],
  [
    'no namespace',
    { parameters: { ...parameters, scope: 'Namespace' } },
    "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
  ],
  [
    'a namespace too many',
    { parameters: { ...parameters, namespace: 'a' } },
    "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
  ],
] as const) {
  test(`refused with ${title}`, kind, { spec }, ...expected);
}
test(
  'looks at what is written anew',
  updates(group, 'IngressClass', { metadata: { name: 'a' }, spec: { controller: 'acme.io/foo' } }),
  { spec: { controller: 'x' } },
  /^spec\.controller: .*field is immutable/,
  /^spec\.controller: .*domain-prefixed/,
);

const policy = validates(group, 'NetworkPolicy', { metadata, spec: { podSelector: {} } });
const ports = (port: object) => ({ spec: { ingress: [{ ports: [port] }] } });
const from = (ipBlock: object) => ({ spec: { ingress: [{ from: [{ ipBlock }] }] } });
const block = 'spec.ingress[0].from[0].ipBlock';
for (const [title, difference, ...expected] of [
  [
    'a last port without a first',
    ports({ endPort: 2 }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 2: may not be specified when `port` is not specified',
  ],
  [
    'a last port after a name',
    ports({ port: 'a', endPort: 2 }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 2: may not be specified when `port` is non-numeric',
  ],
  [
    'a last port before the first',
    ports({ port: 3, endPort: 2 }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 3: must be greater than or equal to `port`',
  ],
  [
    'a last port out of range',
    ports({ port: 3, endPort: 70000 }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  ['no range', from({}), `${block}.cidr: Required value`],
  [
    'a range with more bits',
    from({ cidr: '10.0.0.1/8' }),
    `${block}.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length`,
  ],
  [
    'an exception from elsewhere',
    from({ cidr: '10.0.0.0/8', except: ['11.0.0.0/16', '10.1.0.0/16'] }),
    `${block}.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of \`cidr\``,
  ],
  [
    'an exception from all of it',
    from({ cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] }),
    `${block}.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of \`cidr\``,
  ],
  [
    'three types',
    { spec: { policyTypes: ['Ingress', 'Egress', 'Ingress'] } },
    /^spec\.policyTypes: .*may not specify more than two policyTypes$/,
  ],
] as const) {
  test(`refused with ${title}`, policy, difference, ...expected);
}
test(
  'keeps a range with more bits',
  updates(group, 'NetworkPolicy', { metadata, spec: { podSelector: {}, ...from({ cidr: '10.0.0.1/8' }).spec } }),
  {
    metadata: { labels: { a: 'b' } },
  },
);

const range = updates(group, 'ServiceCIDR', { metadata: { name: 'a' }, spec: { cidrs: ['10.96.0.0/12'] } });
test('may get a second family', range, { spec: { cidrs: ['10.96.0.0/12', '2001:db8::/64'] } });
test(
  'may not get a second range',
  range,
  { spec: { cidrs: ['10.96.0.0/12', '11.0.0.0/8'] } },
  /^spec\.cidrs: .*no more than one IP for each IP family/,
);
test('may not move', range, { spec: { cidrs: ['10.97.0.0/12'] } }, /^spec\.cidrs\[0\]: .*field is immutable$/);
test('ServiceCIDR takes the status it comes with', (t) => {
  const status = { conditions: [] };
  t.deepEqual(created(group, 'ServiceCIDR', { metadata: { name: 'a' }, status })['status'], status);
});
const parentRef = { resource: 'services', name: 'a', namespace: 'b' };
const address = validates(group, 'IPAddress', { metadata: { name: '10.0.0.1' }, spec: { parentRef } });
test(
  'refused in another form',
  address,
  { metadata: { name: '2001:DB8::1' } },
  'metadata.name: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
);

const slice = { metadata, addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 80 }] };
const slices = validates('discovery.k8s.io', 'EndpointSlice', slice);
const one = (change: object) => ({ endpoints: [{ addresses: ['10.0.0.1'], ...change }] });
for (const [title, difference, ...expected] of [
  [
    'an address of the machine itself',
    one({ addresses: ['10.0.0.1', '127.0.0.1'] }),
    'endpoints[0].addresses[1]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
  ['a host name with dots', one({ hostname: 'a.b' }), /^endpoints\[0\]\.hostname: .*must not contain dots$/],
  [
    'nine hints',
    one({ hints: { forZones: Array.from({ length: 9 }, (_, i) => ({ name: `z${i}` })) } }),
    'endpoints[0].hints.forZones: Too many: 9: must have at most 8 items',
  ],
  [
    'a hint twice',
    one({ hints: { forZones: [{ name: 'a' }, { name: 'a' }] } }),
    'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
  ],
  [
    'seventeen labels',
    one({ deprecatedTopology: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v'])) }),
    'endpoints[0].deprecatedTopology: Too many: 17: must have at most 16 items',
  ],
  ['a name of a port with dots', { ports: [{ name: 'a.b' }] }, /^ports\[0\]\.name: .*must not contain dots$/],
  [
    'a protocol of the application that is none',
    { ports: [{ name: 'a', appProtocol: ':' }] },
    /^ports\[0\]\.appProtocol: /,
  ],
  [
    'a name of one part',
    { addressType: 'FQDN', endpoints: [{ addresses: ['a'] }] },
    'endpoints[0].addresses[0]: Invalid value: "a": should be a domain with at least two segments separated by dots',
  ],
] as const) {
  test(`refused with ${title}`, slices, difference, ...expected);
}
