// What is to be done about a certificate request. Pure. Rule: csrapproving, csrsigning and csrcleaner controllers.
import type { CertificateSigningRequest } from '#lib/api/types/certificates.v1.ts';

export function hasCondition({ status }: CertificateSigningRequest, type: string): boolean {
  return status?.conditions?.some((one) => one.type === type) ?? false;
}

/** Nobody has decided yet. */
export function isPending(request: CertificateSigningRequest): boolean {
  return !hasCondition(request, 'Approved') && !hasCondition(request, 'Denied') && !request.status?.certificate;
}

/** Approved, and nothing came of it yet. */
export function isToBeSigned(request: CertificateSigningRequest): boolean {
  const isOver = hasCondition(request, 'Denied') || hasCondition(request, 'Failed') || request.status?.certificate;
  return hasCondition(request, 'Approved') && !isOver;
}

const hourMs = 3_600_000;

/**
 * Milliseconds until a request is cleaned away; 0: now. An hour after it was signed, denied or failed, a day where nobody
 * decides; undefined: never, as it is approved and its signer may take its time.
 */
export function cleanedInMs({ metadata, status }: CertificateSigningRequest, nowMs: number): number | undefined {
  const { conditions = [], certificate } = status ?? {};
  const made = Date.parse(metadata.creationTimestamp ?? '') || nowMs;
  if (conditions.length === 0) return Math.max(0, made + 24 * hourMs - nowMs);
  const ends = conditions
    .filter(({ type }) => type === 'Denied' || type === 'Failed' || (type === 'Approved' && certificate))
    .map(({ lastUpdateTime, lastTransitionTime }) => Date.parse(lastUpdateTime ?? lastTransitionTime ?? '') || made)
    .map((ms) => ms + hourMs);
  return ends.length === 0 ? undefined : Math.max(0, Math.min(...ends) - nowMs);
}

/** How long the certificate lives: as asked, at least ten minutes, never longer than the signer's own `mostMs`. */
export function lifetimeMs(expirationSeconds: number | undefined, mostMs: number): number {
  return expirationSeconds === undefined ? mostMs : Math.min(mostMs, Math.max(leastMs, expirationSeconds * 1000));
}
const leastMs = 600_000;

export function withCondition(
  request: CertificateSigningRequest,
  condition: { readonly type: 'Approved' | 'Failed'; readonly reason: string; readonly message: string },
): CertificateSigningRequest {
  const conditions = [...(request.status?.conditions ?? []), { ...condition, status: 'True' }];
  return { ...request, status: { ...request.status, conditions } };
}
