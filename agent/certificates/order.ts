// A certificate from the cluster: a request is put to the API, somebody approves it, somebody signs it.
import { createHash, createPublicKey } from 'node:crypto';
import { certificateSigningRequests } from '#lib/api/resources.ts';
import type { CertificateSigningRequest } from '#lib/api/types/certificates.v1.ts';
import { backoffMs } from '#lib/backoff.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason, ReasonError } from '#lib/errors.ts';
import { type RequestedSubject, renderRequest } from '#lib/pki/certificate-request.ts';

export interface Order {
  readonly client: Client;
  readonly clock: Clock;
  readonly signerName: string;
  readonly usages: NonNullable<CertificateSigningRequest['spec']['usages']>;
  readonly subject: RequestedSubject;
  /** PEM. */
  readonly key: string;
  /** What the request's name begins with. */
  readonly prefix: 'csr-' | 'node-csr-';
}

/**
 * The certificate, PEM, once it has been signed. A repeat with the same key goes on waiting for the same request.
 * @throws {ReasonError} Forbidden if it was denied, Invalid if the signer refused it, Timeout after 15 minutes
 */
export async function orderCertificate(order: Order, signal: AbortSignal): Promise<string> {
  const { client, clock, signerName, usages, subject, key, prefix } = order;
  const name = prefix + nameOf(key, subject);
  const request = Buffer.from(renderRequest(key, subject)).toString('base64');
  const draft = { metadata: { name }, spec: { signerName, usages, request } };
  await client.create(certificateSigningRequests, draft, signal).catch((error) => {
    if (!hasReason(error, 'AlreadyExists')) throw error;
  });
  const end = new AbortController();
  const until = AbortSignal.any([signal, end.signal]);
  const late = clock.sleep(mostMs, until).then(
    () => end.abort(new ReasonError('Timeout', `Nobody signed the certificate request ${name} within 15 minutes`)),
    () => {},
  );
  try {
    return await signedOf(name, order, until);
  } finally {
    end.abort();
    await late;
  }
}
const mostMs = 15 * 60_000;

/** The same for the same key and wish, so that a repeat finds its request. */
function nameOf(key: string, subject: RequestedSubject): string {
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(publicKey).update(JSON.stringify(subject)).digest('hex').slice(0, 40);
}

async function signedOf(name: string, { client, clock }: Order, signal: AbortSignal): Promise<string> {
  for (let failures = 0; ; ) {
    signal.throwIfAborted();
    try {
      const scope = { fieldSelector: `metadata.name=${name}` };
      const { items, metadata } = await client.list(certificateSigningRequests, scope, signal);
      if (items[0] === undefined) throw new ReasonError('Forbidden', `The certificate request ${name} was taken away`);
      const known = outcomeOf(items[0]);
      if (known !== undefined) return known;
      const { resourceVersion = '' } = metadata;
      for await (const { object } of client.watch(certificateSigningRequests, { ...scope, resourceVersion }, signal)) {
        const outcome = outcomeOf(object);
        if (outcome !== undefined) return outcome;
      }
      failures = 0;
    } catch (error) {
      if (signal.aborted || hasReason(error, 'Forbidden', 'Invalid')) throw signal.aborted ? signal.reason : error;
      failures++;
      await clock.sleep(backoffMs(failures, { firstMs: 100, mostMs: 5_000 }), signal);
    }
  }
}

/** The certificate; undefined as long as nothing is decided. @throws {ReasonError} if it was decided otherwise */
function outcomeOf({ metadata, status }: CertificateSigningRequest): string | undefined {
  const of = (wanted: string) => status?.conditions?.find(({ type }) => type === wanted);
  const denied = of('Denied');
  if (denied !== undefined) throw refused('Forbidden', 'denied', metadata.name, denied.message);
  const failed = of('Failed');
  if (failed !== undefined) throw refused('Invalid', 'not signed', metadata.name, failed.message);
  const encoded = status?.certificate;
  return encoded ? Buffer.from(encoded, 'base64').toString() : undefined;
}

function refused(reason: 'Forbidden' | 'Invalid', what: string, name: string, why = 'no reason given'): ReasonError {
  return new ReasonError(reason, `The certificate request ${name} was ${what}: ${why}`);
}
