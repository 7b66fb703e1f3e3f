import test from 'ava';
import type { CertificateSigningRequest } from '#lib/api/types/certificates.v1.ts';
import type { Node } from '#lib/api/types/core.v1.ts';
import { type ServingFacts, whyNotApproved } from './serving.ts';

const node = (name: string, ...ips: readonly string[]) =>
  ({
    metadata: { name },
    spec: {},
    status: {
      addresses: [...ips.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: name }],
    },
  }) as Node;
const by = (username: string, groups: readonly string[] = ['system:nodes']) =>
  ({ spec: { username, groups } }) as CertificateSigningRequest;
const asks = {
  commonName: 'system:node:a',
  organizations: [],
  dnsNames: ['a'],
  ips: ['192.0.2.1'],
  emails: [],
  uris: [],
};
const base: ServingFacts = {
  request: by('system:node:a'),
  asks,
  nodes: [node('a', '192.0.2.1'), node('b', '192.0.2.2')],
  reserved: ['kubernetes', '192.0.2.2', '10.96.0.1'],
  ownNode: 'b',
};

const says = test.macro<[Partial<ServingFacts>, RegExp | undefined]>({
  title: (what) => `whyNotApproved() ${what}`,
  exec: (t, difference, why) => {
    const said = whyNotApproved({ ...base, ...difference });
    if (why === undefined) t.is(said, undefined);
    else t.regex(said ?? '', why);
  },
});
test('lets a node serve as itself', says, {}, undefined);
test('asks who asks', says, { request: by('system:node:b') }, /not asked for by the node itself/);
test('asks for the group of nodes', says, { request: by('system:node:a', []) }, /not asked for by the node itself/);
test('knows no node that is not there', says, { nodes: [] }, /no node a/);
test('refuses another name', says, { asks: { ...asks, dnsNames: ['a', 'kubernetes'] } }, /kubernetes is not/);
test('refuses an address that the node has not', says, { asks: { ...asks, ips: ['192.0.2.9'] } }, /192.0.2.9 is not/);
test(
  'refuses an address that two nodes claim',
  says,
  { nodes: [node('a', '192.0.2.1', '192.0.2.2'), node('b', '192.0.2.2')], asks: { ...asks, ips: ['192.0.2.2'] } },
  /192.0.2.2 is an address of another node, too/,
);
const alone = { nodes: [node('a', '192.0.2.2')], asks: { ...asks, ips: ['192.0.2.2'] } };
test("refuses the control plane's address", says, alone, /192.0.2.2 belongs to the control plane/);
test(
  "refuses the Service's address",
  says,
  { nodes: [node('a', '10.96.0.1')], asks: { ...asks, ips: ['10.96.0.1'] } },
  /belongs/,
);
test("gives the control plane's address to its own node", says, { ...alone, ownNode: 'a' }, undefined);
