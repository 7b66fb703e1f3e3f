import { podCertificateRequests, serviceAccounts } from '#lib/api/resources.ts';
import type { PodCertificateRequest } from '#lib/api/types/certificates.v1.ts';
import type { Pod, PodCertificateProjection } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason, ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { createStubRequest, type KeyType } from '#lib/pki/stub-request.ts';
import { certificateKey } from './payload.ts';

export interface PodCertificate {
  /** PKCS#8, PEM. */
  readonly key: string;
  /** PEM, the pod's own first. */
  readonly chain: string;
  /** When to ask for the next one. */
  readonly refreshAtMs: number;
}

/**
 * Keys and certificates for the pods of this node: the key never leaves it, a signer in the cluster answers the request.
 * Rule: KEP-4317.
 */
export interface PodCertificates {
  /**
   * A certificate that is valid; the old one as long as it is and no new one can be had.
   * @throws {ReasonError} Timeout while the signer has not answered (ask again), Forbidden if it never will
   */
  get(pod: Pod, wish: PodCertificateProjection, signal: AbortSignal): Promise<PodCertificate>;
  /** Forgets those of a pod. */
  drop(podUid: string): void;
}

export interface PodCertificatesOptions {
  readonly client: Client;
  readonly nodeName: string;
  nodeUid(): string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

/** What is known of one wish of one pod. */
interface Held {
  issued?: PodCertificate & { readonly expiresAtMs: number };
  asked?: { readonly name: string; readonly key: string };
  refusal?: string;
}

export function createPodCertificates(options: PodCertificatesOptions): PodCertificates {
  const { client, clock, log, nodeName, nodeUid, random = Math.random } = options;
  const all = new Map<string, Map<string, Held>>(); // by pod uid, then wish: bounded by the pods here

  function heldFor(pod: Pod, wish: PodCertificateProjection): Held {
    const { uid = '' } = pod.metadata;
    const own = all.get(uid) ?? new Map<string, Held>();
    const held = own.get(certificateKey(wish)) ?? {};
    all.set(uid, own.set(certificateKey(wish), held));
    return held;
  }

  async function get(pod: Pod, wish: PodCertificateProjection, signal: AbortSignal): Promise<PodCertificate> {
    const held = heldFor(pod, wish);
    const { issued } = held;
    if (issued !== undefined && clock.now() < issued.refreshAtMs) return issued;
    try {
      return await renew(held, pod, wish, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (issued === undefined || clock.now() >= issued.expiresAtMs) throw error;
      log.warn('Kept an old certificate as a new one was not to be had', { podUID: pod.metadata.uid, err: error });
      return { ...issued, refreshAtMs: clock.now() + againMs };
    }
  }

  async function renew(
    held: Held,
    pod: Pod,
    wish: PodCertificateProjection,
    signal: AbortSignal,
  ): Promise<PodCertificate> {
    if (held.refusal !== undefined) throw new ReasonError('Forbidden', held.refusal);
    held.asked ??= await ask(pod, wish, signal);
    const { name, key } = held.asked;
    const { status } = await answerTo(held, { namespace: pod.metadata.namespace, name }, signal);
    const no = status.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed');
    if (no !== undefined) {
      held.refusal = `PodCertificateRequest "${name}" was ${no.type.toLowerCase()}: ${no.reason}: ${no.message}`;
      throw new ReasonError('Forbidden', held.refusal);
    }
    const expiresAtMs = Date.parse(status.notAfter ?? '');
    const beginMs = Date.parse(status.beginRefreshAt ?? '');
    const refreshAtMs = beginMs + random() * Math.max(0, Math.min(jitterMs, (expiresAtMs - beginMs) / 2));
    delete held.asked;
    held.issued = { key, chain: status.certificateChain ?? '', expiresAtMs, refreshAtMs };
    return held.issued;
  }

  /** Asks a signer for a certificate for a new key. */
  async function ask(pod: Pod, wish: PodCertificateProjection, signal: AbortSignal) {
    const { name: podName, namespace = 'default', uid: podUID = '' } = pod.metadata;
    const serviceAccountName = pod.spec.serviceAccountName || 'default';
    const account = await client.get(serviceAccounts, { namespace, name: serviceAccountName }, signal);
    const { privateKey, der } = await createStubRequest(wish.keyType as KeyType);
    const { signerName, maxExpirationSeconds, userAnnotations } = wish;
    const made = await client.create(
      podCertificateRequests,
      {
        metadata: {
          generateName: `req-${podName.slice(0, 200)}-`,
          namespace,
          ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: podName, uid: podUID }],
        },
        spec: {
          signerName,
          podName,
          podUID,
          serviceAccountName,
          serviceAccountUID: account.metadata.uid ?? '',
          nodeName,
          nodeUID: nodeUid() ?? '',
          stubPKCS10Request: der.toString('base64'),
          ...(maxExpirationSeconds === undefined ? {} : { maxExpirationSeconds }),
          ...(userAnnotations === undefined ? {} : { unverifiedUserAnnotations: userAnnotations }),
        },
      },
      signal,
    );
    return { name: made.metadata.name, key: privateKey };
  }

  /** The request once it was answered. */
  async function answerTo(
    held: Held,
    at: { readonly namespace: string | undefined; readonly name: string },
    signal: AbortSignal,
  ): Promise<PodCertificateRequest> {
    for (const giveUpMs = clock.now() + patienceMs; ; ) {
      try {
        const found = await client.get(podCertificateRequests, at, signal);
        if (found.status.certificateChain || found.status.conditions?.length) return found;
      } catch (error) {
        if (hasReason(error, 'NotFound')) delete held.asked; // it grew old: the next try asks anew
        throw error;
      }
      if (clock.now() >= giveUpMs) {
        throw new ReasonError('Timeout', `PodCertificateRequest "${at.name}" has not been answered by its signer yet`);
      }
      await clock.sleep(askMs, signal);
    }
  }

  return { get, drop: (podUid) => void all.delete(podUid) };
}
const patienceMs = 5_000;
const askMs = 250;
const againMs = 60_000;
const jitterMs = 300_000;
