// Who may approve requests for certificates, who may sign them, and which are never made.
// Rule: CertificateApproval, CertificateSigning and CertificateSubjectRestriction admission.
import type { CertificateSigningRequest } from '#lib/api/types/certificates.v1.ts';
import type { Plugin, Attributes as Write } from '../admission/admission.ts';
import { refuse } from '../admission/refuse.ts';
import type { Authorize } from './attributes.ts';

export function createSignerCheck(options: () => { readonly authorize: Authorize }): Plugin {
  return {
    name: 'CertificateSigner',
    validate(write) {
      if (write.group !== 'certificates.k8s.io' || write.resource !== 'certificatesigningrequests') return;
      const next = write.object as unknown as CertificateSigningRequest | undefined;
      const before = write.oldObject as CertificateSigningRequest | undefined;
      if (next === undefined) return;
      if (write.operation === 'CREATE') checkSubject(write, next);
      else if (write.subresource === 'approval') check(write, 'approve', next, options());
      else if (write.subresource === 'status' && isSigned(next, before)) check(write, 'sign', next, options());
    },
  };
}

function check(
  write: Write,
  verb: 'approve' | 'sign',
  { spec }: CertificateSigningRequest,
  { authorize }: { readonly authorize: Authorize },
): void {
  const { signerName } = spec;
  const names = [signerName, `${signerName.slice(0, signerName.indexOf('/'))}/*`];
  const about = {
    user: write.user,
    verb,
    isResource: true,
    path: '',
    group: write.group,
    resource: 'signers',
    subresource: '',
    namespace: '',
  };
  if (names.some((name) => authorize({ ...about, name }).isAllowed)) return;
  throw refuse(write, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`);
}

function isSigned(next: CertificateSigningRequest, before: CertificateSigningRequest | undefined): boolean {
  if ((next.status?.certificate ?? '') !== (before?.status?.certificate ?? '')) return true;
  const failure = ({ status }: CertificateSigningRequest) =>
    status?.conditions?.filter(({ type }) => type === 'Failed');
  return JSON.stringify(failure(next) ?? []) !== JSON.stringify((before && failure(before)) ?? []);
}

/** Nobody becomes system:masters by a request. */
function checkSubject(write: Write, { spec }: CertificateSigningRequest): void {
  if (spec?.signerName !== 'kubernetes.io/kube-apiserver-client' || !asksForMasters(spec.request)) return;
  throw refuse(write, `use of ${spec.signerName} signer with system:masters group is not allowed`);
}

/** An organization of that name in the request's DER: its object identifier, a string of some kind, its length, itself. */
function asksForMasters(request: string): boolean {
  const pem = Buffer.from(request ?? '', 'base64').toString();
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64').toString('latin1');
  return /\x06\x03\x55\x04\x0a.\x0esystem:masters/s.test(der);
}
