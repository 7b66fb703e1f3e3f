import test from 'ava';
import type { RequestFacts } from '#lib/pki/signing.ts';
import { refusalOf } from './signers.ts';

const node: RequestFacts = {
  commonName: 'system:node:a',
  organizations: ['system:nodes'],
  dnsNames: [],
  ips: [],
  emails: [],
  uris: [],
};
const client = ['digital signature', 'client auth'];
const server = ['digital signature', 'key encipherment', 'server auth'];
const says = test.macro<[string, Partial<RequestFacts>, readonly string[], string | undefined]>({
  title: (_title, signer, facts, usages, why) => `${signer} says ${why ?? 'yes'} to ${JSON.stringify(facts)} ${usages}`,
  exec: (t, signer, facts, usages, why) =>
    t.is(refusalOf(`kubernetes.io/${signer}`, { ...node, ...facts }, usages), why),
});
test(says, 'kube-apiserver-client', { commonName: 'jane', organizations: [] }, ['client auth'], undefined);
test(
  says,
  'kube-apiserver-client',
  {},
  server,
  'usages did not match [client auth digital signature key encipherment]',
);
test(says, 'kube-apiserver-client-kubelet', {}, client, undefined);
test(
  says,
  'kube-apiserver-client-kubelet',
  {},
  ['client auth'],
  'usages did not match [client auth digital signature key encipherment]',
);
test(
  says,
  'kube-apiserver-client-kubelet',
  { organizations: ['x'] },
  client,
  'subject organization is not system:nodes',
);
test(
  says,
  'kube-apiserver-client-kubelet',
  { commonName: 'x' },
  client,
  'subject common name does not begin with system:node:',
);
test(says, 'kube-apiserver-client-kubelet', { dnsNames: ['x'] }, client, 'DNS subjectAltNames are not allowed');
test(says, 'kubelet-serving', { ips: ['10.0.0.1'] }, server, undefined);
test(says, 'kubelet-serving', {}, server, 'DNS or IP subjectAltName is required');
test(says, 'kubelet-serving', { dnsNames: ['a'], uris: ['b'] }, server, 'URI subjectAltNames are not allowed');
