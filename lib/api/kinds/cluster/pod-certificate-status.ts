// What a signer may answer to a PodCertificateRequest. Pure. Rule: certificates validation,
// ValidatePodCertificateRequestStatusUpdate.
import { at, invalidHidden, invalidValue, notSupported, required } from '../../field-errors.ts';
import type { PodCertificateRequest, PodCertificateRequestStatus } from '../../types/certificates.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';
import { keyOfRequest, readCertificate } from './certificate-records.ts';

const ends = ['Issued', 'Denied', 'Failed'];
const minuteMs = 60_000;

export function validateCertificateStatus(
  next: PodCertificateRequest,
  before: PodCertificateRequest,
  nowMs: number,
): readonly StatusCause[] {
  const wrong = validateConditions(next.status ?? {});
  if (wrong.length > 0) return wrong;
  const same = (why: string): readonly StatusCause[] =>
    isSame(plain(next.status), plain(before.status)) ? [] : [invalidHidden('status', why)];
  if (endOf(before) !== undefined) return same('immutable after PodCertificateRequest is issued, denied, or failed');
  switch (endOf(next)) {
    case 'Issued':
      return validateIssued(next, before, nowMs);
    case undefined:
      return same('status is immutable unless transitioning to "Issued", "Denied", or "Failed"');
    default: {
      const { conditions: _, ...rest } = plain(next.status);
      const why = 'non-condition status fields must be empty when denying or failing the PodCertificateRequest';
      return Object.keys(rest).length === 0 ? [] : [invalidHidden('status', why)];
    }
  }
}

/** What is there but says nothing is as good as absent. */
function plain(status: PodCertificateRequestStatus | undefined): PodCertificateRequestStatus {
  const kept = Object.entries(status ?? {}).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  return Object.fromEntries(kept.filter(([, value]) => !Array.isArray(value) || value.length > 0));
}

function endOf({ status }: PodCertificateRequest): string | undefined {
  return status?.conditions?.find(({ type, status }) => ends.includes(type) && status === 'True')?.type;
}

function validateConditions({ conditions = [] }: PodCertificateRequestStatus): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, { type, status, reason }] of conditions.entries()) {
    const field = at('status.conditions', index);
    if (!ends.includes(type)) causes.push(notSupported(`${field}.type`, type, ends));
    else if (conditions.findIndex((one) => ends.includes(one.type)) !== index) {
      const why = 'There may be at most one condition with type "Issued", "Denied", or "Failed"';
      causes.push(invalidValue(`${field}.type`, type, why));
    }
    if (status !== 'True') causes.push(notSupported(`${field}.status`, status, ['True']));
    if (!reason) causes.push(required(`${field}.reason`));
  }
  return causes;
}

function validateIssued(
  { status, spec }: PodCertificateRequest,
  before: PodCertificateRequest,
  nowMs: number,
): readonly StatusCause[] {
  const { certificateChain: chain = '', notBefore, notAfter, beginRefreshAt } = status;
  const refuse = (why: string) => [invalidValue('status.certificateChain', chain, why)];
  const blocks = [...chain.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)];
  const [leaf, ...others] = blocks.map(([, , base64 = '']) => readCertificate(Buffer.from(base64, 'base64')));
  if (blocks.length === 0) return refuse('issued certificate chain must contain at least one certificate');
  if (blocks.some(([, label]) => label !== 'CERTIFICATE')) {
    return refuse('issued certificate chain must consist entirely of CERTIFICATE PEM blocks');
  }
  if (leaf === undefined) return refuse('leaf certificate does not parse as valid X.509');
  const asked = keyOfRequest(Buffer.from(before.spec?.stubPKCS10Request ?? '', 'base64'));
  if (asked !== undefined && !asked.equals(leaf.publicKey)) {
    return refuse('leaf certificate was not issued to the requested public key');
  }
  const consistent = 'must be present and consistent with the issued certificate';
  const absent = [
    ...(notBefore ? [] : [required('status.notBefore', consistent)]),
    ...(notAfter ? [] : [required('status.notAfter', consistent)]),
    ...(beginRefreshAt
      ? []
      : [required('status.beginRefreshAt', 'must be present and in the range [notbefore+10min, notafter-10min]')]),
  ];
  if (absent.length > 0) return absent;
  const time = (name: 'notBefore' | 'notAfter' | 'beginRefreshAt', why: string) => [
    invalidValue(`status.${name}`, status[name], why),
  ];
  if (Date.parse(notBefore!) !== leaf.notBeforeMs) {
    return time('notBefore', 'must be set to the NotBefore time encoded in the leaf certificate');
  }
  if (Math.abs(leaf.notBeforeMs - nowMs) >= 5 * minuteMs) {
    return time('notBefore', "must be set to within 5 minutes of kube-apiserver's current time");
  }
  if (Date.parse(notAfter!) !== leaf.notAfterMs) {
    return time('notAfter', 'must be set to the NotAfter time encoded in the leaf certificate');
  }
  const lifeMs = leaf.notAfterMs - leaf.notBeforeMs;
  if (lifeMs < 60 * minuteMs) return refuse('leaf certificate lifetime must be >= 1 hour');
  const mostSeconds = spec?.maxExpirationSeconds;
  if (mostSeconds !== undefined && lifeMs > mostSeconds * 1000) {
    return refuse(`leaf certificate lifetime must be <= spec.maxExpirationSeconds (${mostSeconds})`);
  }
  const beginMs = Date.parse(beginRefreshAt!);
  if (beginMs < leaf.notBeforeMs + 10 * minuteMs)
    return time('beginRefreshAt', 'must be at least 10 minutes after status.notBefore');
  if (beginMs > leaf.notAfterMs - 10 * minuteMs)
    return time('beginRefreshAt', 'must be at least 10 minutes before status.notAfter');
  return others.includes(undefined) ? refuse('intermediate certificate does not parse as valid X.509') : [];
}
