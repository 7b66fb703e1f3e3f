import test from 'ava';
import {
  certificateSubjectRestriction,
  createCertificateApproval,
  createCertificateSigning,
  createTrustBundleAttest,
} from './signers.ts';

const signal = new AbortController().signal;
const authorize = ({ verb, name }: { readonly verb: string; readonly name: string }) => ({
  isAllowed: name === 'example.com/mine' || (name === 'example.org/*' && verb !== 'attest'),
  reason: '',
});
const write = (resource: string, operation: string, object: unknown, more: object = {}) =>
  ({
    group: 'certificates.k8s.io',
    resource,
    operation,
    subresource: '',
    name: 'a',
    user: { name: 'eve', groups: [] },
    object,
    ...more,
  }) as never;
const requests = 'certificatesigningrequests';
const forbidden = (why: string, resource = requests) => ({
  message: `${resource}.certificates.k8s.io "a" is forbidden: ${why}`,
});

test('createCertificateApproval() asks for the signer, or for all of its domain', (t) => {
  const { validate } = createCertificateApproval(authorize);
  const approve = (signerName: string) => () =>
    validate!(write(requests, 'UPDATE', { spec: { signerName } }, { subresource: 'approval' }), signal);
  t.notThrows(approve('example.com/mine'));
  t.notThrows(approve('example.org/any'));
  const why = 'user not permitted to approve requests with signerName "example.com/other"';
  t.throws(approve('example.com/other'), forbidden(why));
});

test('createCertificateSigning() asks only about what is signed or has failed', (t) => {
  const { validate } = createCertificateSigning(authorize);
  const spec = { signerName: 'example.com/other' };
  const update = (status: object) => () =>
    validate!(write(requests, 'UPDATE', { spec, status }, { subresource: 'status', oldObject: { spec } }), signal);
  t.notThrows(update({ conditions: [{ type: 'Approved' }] }));
  const why = 'user not permitted to sign requests with signerName "example.com/other"';
  t.throws(update({ certificate: 'x' }), forbidden(why));
  t.throws(update({ conditions: [{ type: 'Failed' }] }), forbidden(why));
});

test('createCertificateSigning() asks who answers a pod', (t) => {
  const { validate } = createCertificateSigning(authorize);
  const update = (signerName: string, status: object) => () => {
    const oldObject = { metadata: { name: 'a' }, spec: { signerName } };
    const more = { subresource: 'status', oldObject };
    validate!(write('podcertificaterequests', 'UPDATE', { ...oldObject, status }, more), signal);
  };
  t.notThrows(update('example.com/mine', { certificateChain: 'x' }));
  t.notThrows(update('example.com/other', {}));
  const why = 'User "eve" is not permitted to "sign" for signer "example.com/other"';
  t.throws(update('example.com/other', { certificateChain: 'x' }), {
    message: `PodCertificateRequest.certificates.k8s.io "a" is invalid: spec.signerName: Forbidden: ${why}`,
  });
});

test('createTrustBundleAttest() asks who speaks for a signer', (t) => {
  const { validate } = createTrustBundleAttest(authorize);
  const put = (signerName: string | undefined, oldObject?: object) => () =>
    validate!(
      write(
        'clustertrustbundles',
        oldObject ? 'UPDATE' : 'CREATE',
        { spec: { signerName, trustBundle: 'x' } },
        { oldObject },
      ),
      signal,
    );
  t.notThrows(put(undefined));
  t.notThrows(put('example.com/mine'));
  const why = 'user not permitted to attest for signerName "example.org/other"';
  t.throws(put('example.org/other'), forbidden(why, 'clustertrustbundles'));
  t.notThrows(put('example.org/other', { spec: { signerName: 'example.org/other', trustBundle: 'x' } }));
  t.throws(
    put('example.org/other', { spec: { signerName: 'example.org/other', trustBundle: 'y' } }),
    forbidden(why, 'clustertrustbundles'),
  );
});

test('certificateSubjectRestriction refuses the group that may do all', (t) => {
  const der = Buffer.concat([Buffer.from([0x06, 3, 0x55, 4, 0x0a, 0x0c, 14]), Buffer.from('system:masters')]);
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  const ask = (signerName: string) => () =>
    certificateSubjectRestriction.validate!(
      write(requests, 'CREATE', { spec: { signerName, request: Buffer.from(pem).toString('base64') } }),
      signal,
    );
  t.notThrows(ask('example.com/mine'));
  const why = 'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed';
  t.throws(ask('kubernetes.io/kube-apiserver-client'), forbidden(why));
});
