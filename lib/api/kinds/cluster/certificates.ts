import { forbiddenField, invalidValue, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain, wrongPathSegment } from '../../names.ts';
import type { CertificateSigningRequest } from '../../types/certificates.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { humanDuration } from '../duration.ts';
import { isSame } from '../equal.ts';
import { validateSigning } from './certificate-status.ts';

type Spec = CertificateSigningRequest['spec'];

const leastSeconds = 600;

export const certificateSigningRequest: KindParts<CertificateSigningRequest> = {
  wrongName: wrongPathSegment,
  defaults({ spec }) {
    if (spec !== undefined && spec.usages === undefined) spec.usages = ['digital signature', 'key encipherment'];
  },
  create(object, { user }) {
    object.status = {};
    // Who asks is not for the request to say.
    const { spec } = object;
    if (spec === undefined || user === undefined) return;
    spec.username = user.name;
    spec.groups = [...user.groups];
    if (user.uid) spec.uid = user.uid;
    else delete spec.uid;
    if (user.extra)
      spec.extra = Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]]));
    else delete spec.extra;
  },
  update(next, previous) {
    next.spec = structuredClone(previous.spec) as typeof next.spec;
  },
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate: ({ spec }, previous) =>
    isSame(spec, previous.spec) ? [] : [forbiddenField('spec', 'updates to the spec are forbidden')],
  validateStatus: validateSigning,
  fields: ({ spec }) => ({ 'spec.signerName': spec?.signerName ?? '' }),
  columns: columns(['Name', '@Age', 'SignerName', 'Requestor', 'RequestedDuration', 'Condition']),
  row: (object, nowMs) => [
    object.metadata.name,
    ageOf(object.metadata, nowMs),
    object.spec?.signerName ?? '<none>',
    object.spec?.username ?? '',
    object.spec?.expirationSeconds === undefined ? '<none>' : humanDuration(object.spec.expirationSeconds * 1000),
    conditionText(object),
  ],
};

function validateSpec(spec: Spec | undefined): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!spec?.request) causes.push(required('spec.request'));
  else if (!Buffer.from(spec.request, 'base64').includes('BEGIN CERTIFICATE REQUEST')) {
    causes.push(invalidValue('spec.request', spec.request, 'PEM block type must be CERTIFICATE REQUEST'));
  }
  if ((spec?.usages ?? []).length === 0) causes.push(required('spec.usages', 'usages must be provided'));
  const [domain = '', path] = (spec?.signerName ?? '').split('/');
  if (!spec?.signerName) causes.push(required('spec.signerName'));
  else if (path === undefined || path === '') {
    const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    causes.push(invalidValue('spec.signerName', spec.signerName, detail));
  } else {
    causes.push(...wrongDns1123Subdomain(domain).map((message) => invalidValue('spec.signerName', domain, message)));
  }
  if (spec?.signerName === 'kubernetes.io/legacy-unknown') {
    const detail = 'the legacy signerName is not allowed via this API version';
    causes.push(invalidValue('spec.signerName', spec.signerName, detail));
  }
  const seconds = spec?.expirationSeconds;
  if (seconds !== undefined && seconds < leastSeconds) {
    causes.push(
      invalidValue('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)'),
    );
  }
  return causes;
}

/** `Approved,Issued` and the like. */
function conditionText({ status }: CertificateSigningRequest): string {
  const has = (type: string) => (status?.conditions ?? []).some((one) => one.type === type);
  const state = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [state, ...(has('Failed') ? ['Failed'] : []), ...(status?.certificate ? ['Issued'] : [])].join(',');
}
