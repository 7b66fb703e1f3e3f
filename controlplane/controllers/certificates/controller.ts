import { isSame } from '#lib/api/kinds/equal.ts';
import { certificateSigningRequests, nodes, subjectAccessReviews } from '#lib/api/resources.ts';
import type { CertificateSigningRequest } from '#lib/api/types/certificates.v1.ts';
import { hasReason } from '#lib/errors.ts';
import { createHelper } from '#lib/helper.ts';
import type { KeyPair } from '#lib/pki/certificate.ts';
import type { RequestFacts } from '#lib/pki/signing.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { cleanedInMs, isPending, isToBeSigned, lifetimeMs, withCondition } from './plan.ts';
import { whyNotApproved } from './serving.ts';
import { isOurs, kubeletClientSigner, kubeletServingSigner, refusalOf, wrongKubeletClient } from './signers.ts';
import type { Done, Work } from './work.ts';

export interface CertificatesOptions {
  /** Signs; asked each time, as it may be renewed. */
  authority(): KeyPair;
  /** How long certificates live for which nothing else was asked. */
  readonly lifetimeMs: number;
  /** Names and addresses of the control plane, which only the node of its own machine may have. */
  reserved(): readonly string[];
  readonly ownNode: string;
}

/** Approves what nodes ask for themselves, signs what is approved, and clears up after an hour or a day. */
export async function runCertificates(
  options: CertificatesOptions,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { client, informers, clock, log } = context;
  const requests = informers.get(certificateSigningRequests);
  const allNodes = informers.get(nodes);
  const ask = createHelper<Work, Done>(new URL('work.ts', import.meta.url), { idleMs: 10_000, clock });
  const queue = createQueue('certificate-controller', context, reconcile, { workers: 1 });
  requests.onChange((now, _before, key) => {
    if (now !== undefined) queue.add(key);
  });
  allNodes.onChange((now, before) => {
    if (now === undefined || isSame(now.status.addresses, before?.status.addresses)) return;
    const username = `system:node:${now.metadata.name}`; // its addresses may come after its request
    for (const request of requests.list()) if (request.spec.username === username) queue.add(request.metadata.name);
  });
  await runWhenSynced(queue, [requests, allNodes], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const request = requests.get(key);
    if (request === undefined) return undefined;
    const leftMs = cleanedInMs(request, clock.now());
    if (leftMs === 0) {
      await remove(request, signal);
      return undefined;
    }
    const { signerName } = request.spec;
    if (isPending(request) && signerName === kubeletClientSigner) await approve(request, signal);
    if (isPending(request) && signerName === kubeletServingSigner) await approveServing(request, signal);
    if (isToBeSigned(request) && isOurs(signerName)) await sign(request, signal);
    return leftMs;
  }

  async function remove({ metadata }: CertificateSigningRequest, signal: AbortSignal): Promise<void> {
    const { name, uid } = metadata;
    await client.delete(certificateSigningRequests, { name }, signal, { preconditions: { uid } }).catch((error) => {
      if (!hasReason(error, 'NotFound')) throw error;
    });
  }

  async function approve(request: CertificateSigningRequest, signal: AbortSignal): Promise<void> {
    const facts = await describe(request);
    if (typeof facts === 'string' || wrongKubeletClient(facts, request.spec.usages ?? []) !== undefined) return;
    const isSelf = request.spec.username === facts.commonName;
    if (isSelf && (await may('selfnodeclient', request, signal))) {
      await approved(request, 'Auto approving self kubelet client certificate after SubjectAccessReview.', signal);
    } else if (await may('nodeclient', request, signal)) {
      await approved(request, 'Auto approving kubelet client certificate after SubjectAccessReview.', signal);
    }
  }

  async function approveServing(request: CertificateSigningRequest, signal: AbortSignal): Promise<void> {
    const asks = await describe(request);
    const { signerName, usages = [] } = request.spec;
    if (typeof asks === 'string' || refusalOf(signerName, asks, usages) !== undefined) return;
    const { ownNode } = options;
    const why = whyNotApproved({ request, asks, nodes: allNodes.list(), reserved: options.reserved(), ownNode });
    if (why !== undefined) log.info('Left a certificate request for a person', { request: request.metadata.name, why });
    else await approved(request, "Auto approving a node's serving certificate for its own name and addresses.", signal);
  }

  async function approved(request: CertificateSigningRequest, message: string, signal: AbortSignal): Promise<void> {
    const next = withCondition(request, { type: 'Approved', reason: 'AutoApproved', message });
    await client.update(certificateSigningRequests, next, signal, { subresource: 'approval' });
  }

  async function may(subresource: string, { spec }: CertificateSigningRequest, signal: AbortSignal): Promise<boolean> {
    const { username: user, uid, groups, extra } = spec;
    const group = 'certificates.k8s.io';
    const resourceAttributes = { group, resource: 'certificatesigningrequests', verb: 'create', subresource };
    const review = await client.create(
      subjectAccessReviews,
      { metadata: {}, spec: { user, uid, groups, extra, resourceAttributes } },
      signal,
    );
    return review.status?.allowed ?? false;
  }

  async function sign(request: CertificateSigningRequest, signal: AbortSignal): Promise<void> {
    const { signerName, usages = [], expirationSeconds } = request.spec;
    const facts = await describe(request);
    const wrong = typeof facts === 'string' ? facts : refusalOf(signerName, facts, usages);
    if (wrong !== undefined) {
      const failed = withCondition(request, { type: 'Failed', reason: 'SignerValidationFailure', message: wrong });
      await client.update(certificateSigningRequests, failed, signal, { subresource: 'status' });
      return;
    }
    const lifeMs = lifetimeMs(expirationSeconds, options.lifetimeMs);
    const order = { request: pemOf(request), usages, lifetimeMs: lifeMs, nowMs: clock.now() };
    const signed = await ask({ do: 'sign', authority: options.authority(), order });
    const certificate = Buffer.from(signed as string).toString('base64');
    const next = { ...request, status: { ...request.status, certificate } };
    await client.update(certificateSigningRequests, next, signal, { subresource: 'status' });
    log.info('Signed a certificate', { request: request.metadata.name, signer: signerName });
  }

  /** The reason as text where it cannot be read. */
  async function describe(request: CertificateSigningRequest): Promise<RequestFacts | string> {
    try {
      return (await ask({ do: 'describe', request: pemOf(request) })) as RequestFacts;
    } catch (error) {
      return `unable to parse csr ${JSON.stringify(request.metadata.name)}: ${(error as Error).message}`;
    }
  }
}

function pemOf({ spec }: CertificateSigningRequest): string {
  return Buffer.from(spec.request, 'base64').toString();
}
