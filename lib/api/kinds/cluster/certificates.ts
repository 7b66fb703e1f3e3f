import { at, duplicate, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongPathSegment } from '../../names.ts';
import type { CertificateSigningRequest } from '../../types/certificates.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { humanDuration } from '../duration.ts';
import { isSame } from '../equal.ts';
import { keyOfRequest } from './certificate-records.ts';
import { validateSigning } from './certificate-status.ts';
import { validateSignerName } from './signer-name.ts';

type Spec = CertificateSigningRequest['spec'];

const leastSeconds = 600;

export const certificateSigningRequest: KindParts<CertificateSigningRequest> = {
  wrongName: wrongPathSegment,
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

const legacy = 'kubernetes.io/legacy-unknown';

/** Whether the request is signed by the key it names is not looked at. Rule: ValidateCertificateSigningRequestCreate. */
function validateSpec(spec: Spec | undefined): StatusCause[] {
  const { request = '', usages = [], signerName = '', expirationSeconds: seconds } = spec ?? {};
  const causes: StatusCause[] = [];
  const wrong = wrongRequest(request);
  if (wrong !== undefined) causes.push(invalidValue('spec.request', request, wrong));
  if (usages.length === 0) causes.push(required('spec.usages', 'usages must be provided'));
  for (const [index, usage] of usages.entries()) {
    if (!knownUsages.includes(usage)) causes.push(notSupported(at('spec.usages', index), usage, knownUsages));
  }
  for (const [index, usage] of usages.entries()) {
    if (usages.indexOf(usage) < index) causes.push(duplicate(at('spec.usages', index), usage));
  }
  if (signerName === legacy) {
    const detail = 'the legacy signerName is not allowed via this API version';
    causes.push(invalidValue('spec.signerName', signerName, detail));
  } else causes.push(...validateSignerName(signerName, 'spec.signerName'));
  if (seconds === undefined || seconds >= leastSeconds) return causes;
  const detail = 'may not specify a duration less than 600 seconds (10 minutes)';
  return [...causes, invalidValue('spec.expirationSeconds', seconds, detail)];
}

function wrongRequest(base64: string): string | undefined {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  const [, label, body = ''] = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/.exec(text) ?? [];
  if (label !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  return keyOfRequest(Buffer.from(body, 'base64')) === undefined ? 'x509: malformed certificate request' : undefined;
}

const knownUsages: readonly string[] = [
  ...['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment'],
  ...['decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel'],
  ...['ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime'],
  ...['server auth', 'signing', 'timestamping'],
];

/** `Approved,Issued` and the like. */
function conditionText({ status }: CertificateSigningRequest): string {
  const has = (type: string) => (status?.conditions ?? []).some((one) => one.type === type);
  const state = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [state, ...(has('Failed') ? ['Failed'] : []), ...(status?.certificate ? ['Issued'] : [])].join(',');
}
