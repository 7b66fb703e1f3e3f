// Who may approve requests for certificates, who may sign them, which are never made, and who may say whom to trust.
import { forbiddenField } from '#lib/api/field-errors.ts';
import { invalid } from '#lib/api/status.ts';
import { isEqual } from '#lib/api/structural/equal.ts';
import type {
  CertificateSigningRequest,
  ClusterTrustBundle,
  PodCertificateRequest,
} from '#lib/api/types/certificates.v1.ts';
import type { Authorize } from '../authorization/attributes.ts';
import type { Plugin, Attributes as Write } from './admission.ts';
import { refuse } from './refuse.ts';

export function createCertificateApproval(authorize: Authorize): Plugin {
  return {
    name: 'CertificateApproval',
    validate(write) {
      if (!isAboutRequests(write) || write.operation !== 'UPDATE' || write.subresource !== 'approval') return;
      const { spec } = write.object as unknown as CertificateSigningRequest;
      if (may(authorize, write, 'approve', spec.signerName)) return;
      throw refuse(write, `user not permitted to approve requests with signerName ${JSON.stringify(spec.signerName)}`);
    },
  };
}

export function createCertificateSigning(authorize: Authorize): Plugin {
  return {
    name: 'CertificateSigning',
    validate(write) {
      judgeAnswerToPod(write, authorize);
      if (!isAboutRequests(write) || write.operation !== 'UPDATE' || write.subresource !== 'status') return;
      const next = write.object as unknown as CertificateSigningRequest;
      if (!isSigned(next, write.oldObject as CertificateSigningRequest | undefined)) return;
      const { signerName } = next.spec;
      if (may(authorize, write, 'sign', signerName)) return;
      throw refuse(write, `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`);
    },
  };
}

export function createTrustBundleAttest(authorize: Authorize): Plugin {
  return {
    name: 'ClusterTrustBundleAttest',
    validate(write) {
      if (write.group !== 'certificates.k8s.io' || write.resource !== 'clustertrustbundles') return;
      if (write.operation !== 'CREATE' && write.operation !== 'UPDATE') return;
      const { spec } = write.object as unknown as ClusterTrustBundle;
      const before = write.oldObject as unknown as ClusterTrustBundle | undefined;
      const signerName = spec?.signerName ?? '';
      const isSame = before?.spec?.signerName === spec?.signerName && before?.spec?.trustBundle === spec?.trustBundle;
      if (signerName === '' || (before !== undefined && isSame)) return;
      if (may(authorize, write, 'attest', signerName)) return;
      throw refuse(write, `user not permitted to attest for signerName ${JSON.stringify(signerName)}`);
    },
  };
}

/** Who answers a pod's request for a certificate must be allowed to sign for that signer. Upstream asks while it validates. */
function judgeAnswerToPod(write: Write, authorize: Authorize): void {
  const { group, resource, subresource, user } = write;
  if (group !== 'certificates.k8s.io' || resource !== 'podcertificaterequests' || subresource !== 'status') return;
  const next = write.object as unknown as PodCertificateRequest;
  const before = write.oldObject as unknown as PodCertificateRequest | undefined;
  if (isEqual(next.status ?? {}, before?.status ?? {})) return;
  const signerName = before?.spec?.signerName ?? '';
  if (may(authorize, write, 'sign', signerName)) return;
  const why = `User ${JSON.stringify(user.name)} is not permitted to "sign" for signer ${JSON.stringify(signerName)}`;
  const kind = { group, kind: 'PodCertificateRequest' };
  throw invalid(kind, next.metadata.name, [forbiddenField('spec.signerName', why)]);
}

/** Nobody becomes system:masters by a request. */
export const certificateSubjectRestriction: Plugin = {
  name: 'CertificateSubjectRestriction',
  validate(write) {
    if (!isAboutRequests(write) || write.operation !== 'CREATE' || write.subresource !== '') return;
    const { spec } = write.object as unknown as CertificateSigningRequest;
    if (spec?.signerName !== 'kubernetes.io/kube-apiserver-client' || !asksForMasters(spec.request)) return;
    throw refuse(write, `use of ${spec.signerName} signer with system:masters group is not allowed`);
  },
};

function isAboutRequests({ group, resource }: Write): boolean {
  return group === 'certificates.k8s.io' && resource === 'certificatesigningrequests';
}

/** For this signer, or for all of its domain. */
function may(authorize: Authorize, { user, group }: Write, verb: string, signerName: string): boolean {
  const names = [signerName, `${signerName.slice(0, signerName.indexOf('/'))}/*`];
  const what = { group, resource: 'signers', subresource: '', namespace: '' };
  return names.some((name) => authorize({ user, verb, isResource: true, path: '', ...what, name }).isAllowed);
}

function isSigned(next: CertificateSigningRequest, before: CertificateSigningRequest | undefined): boolean {
  if ((next.status?.certificate ?? '') !== (before?.status?.certificate ?? '')) return true;
  const failure = ({ status }: CertificateSigningRequest) =>
    status?.conditions?.filter(({ type }) => type === 'Failed');
  return JSON.stringify(failure(next) ?? []) !== JSON.stringify((before && failure(before)) ?? []);
}

/** An organization of that name in the request's DER: its object identifier, a string of some kind, its length, itself. */
function asksForMasters(request: string): boolean {
  const pem = Buffer.from(request ?? '', 'base64').toString();
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64').toString('latin1');
  return /\x06\x03\x55\x04\x0a.\x0esystem:masters/s.test(der);
}
