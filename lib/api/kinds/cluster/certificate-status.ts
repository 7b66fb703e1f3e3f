// What a signer and an approver may write into the status of a CertificateSigningRequest. Pure. Rule: certificates
// validation, ValidateCertificateSigningRequestStatusUpdate and ...ApprovalUpdate.
import { at, child, duplicate, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../types/certificates.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';
import { readCertificate } from './certificate-records.ts';

type Request = CertificateSigningRequest;

const path = 'status.conditions';
const final = ['Approved', 'Denied', 'Failed'];
const ofApproval = ['Approved', 'Denied'];

/** Signers set the certificate once, and leave to others whether the request is approved. */
export function validateSigning(next: Request, previous: Request): readonly StatusCause[] {
  const causes = [...validateConditions(next, previous), ...kept(next, previous)];
  for (const type of ofApproval) {
    const [now, old] = [of(next, type), of(previous, type)];
    if (now.length > old.length) {
      causes.push(forbiddenField(path, `updates may not add a condition of type "${type}"`));
    } else if (!isSame(now, old)) {
      causes.push(forbiddenField(path, `updates may not modify a condition of type "${type}"`));
    }
  }
  const [certificate, before] = [next.status?.certificate ?? '', previous.status?.certificate ?? ''];
  if (certificate === before) return causes;
  if (before !== '') {
    return [...causes, forbiddenField('status.certificate', 'updates may not modify existing certificate content')];
  }
  const wrong = wrongChain(certificate);
  return wrong === undefined ? causes : [...causes, invalidValue('status.certificate', '<certificate data>', wrong)];
}

export function validateApproval(next: Request, previous: Request): readonly StatusCause[] {
  return [...validateConditions(next, previous), ...kept(next, previous)];
}

function of({ status }: Request, wanted: string): readonly CertificateSigningRequestCondition[] {
  return (status?.conditions ?? []).filter(({ type }) => type === wanted);
}

/** What was decided stays so. */
function kept(next: Request, previous: Request): StatusCause[] {
  return final
    .filter((type) => of(next, type).length < of(previous, type).length)
    .map((type) => forbiddenField(path, `updates may not remove a condition of type "${type}"`));
}

/** Mistakes that were made before may stay, and be made again. Rule: certificates validation, getValidationOptions. */
function validateConditions({ status }: Request, previous: Request): StatusCause[] {
  const old = (previous.status?.conditions ?? []).map(({ type }) => type ?? '');
  const mayBeBoth = ofApproval.every((type) => old.includes(type));
  const mayRepeat = new Set(old).size < old.length;
  const causes: StatusCause[] = [];
  const seen = new Set<string>();
  for (const [index, { type, status: is }] of (status?.conditions ?? []).entries()) {
    const field = at(path, index);
    if (!type && !old.includes('')) causes.push(required(child(field, 'type')));
    const allowed = final.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (!is) causes.push(required(child(field, 'status')));
    else if (!allowed.includes(is)) causes.push(notSupported(child(field, 'status'), is, allowed));
    if (!mayBeBoth && ofApproval.includes(type) && ofApproval.some((other) => other !== type && seen.has(other))) {
      const why = 'Approved and Denied conditions are mutually exclusive';
      causes.push(invalidValue(child(field, 'type'), type, why));
    }
    if (!mayRepeat && seen.has(type)) causes.push(duplicate(child(field, 'type'), type));
    seen.add(type);
  }
  return causes;
}

function wrongChain(base64: string): string | undefined {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)];
  if (blocks.length === 0) return 'must contain one or more CERTIFICATE PEM blocks';
  for (const [, label, body = ''] of blocks) {
    if (label !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found "${label}"`;
    if (body.includes(':')) return 'no PEM block headers are permitted';
    if (readCertificate(Buffer.from(body, 'base64')) === undefined) return 'x509: malformed certificate';
  }
  return undefined;
}
