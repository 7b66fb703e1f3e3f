// A webhook server on loopback, for tests.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { AdmissionRequest, AdmissionResponse, AdmissionReview } from '#lib/api/types/admission.v1.ts';
import { createAuthority, issueCertificate } from '#lib/pki/certificate.ts';

/** What a webhook says to one request; `patch` as operations. */
export type Say = (
  request: AdmissionRequest,
) => Partial<Omit<AdmissionResponse, 'patch'>> & { readonly patch?: readonly object[] };

export interface WebhookServer {
  readonly port: number;
  /** As a configuration takes it. */
  readonly caBundle: string;
  /** What is said at `path`; a promise that never settles is no answer. */
  on(path: string, say: Say | 'nothing'): void;
  /** What was asked at `path`. */
  asked(path: string): readonly AdmissionRequest[];
  close(): void;
}

export async function startWebhooks(names: readonly string[] = ['127.0.0.1']): Promise<WebhookServer> {
  const nowMs = Date.parse('2026-01-01T00:00:00Z');
  const authority = await createAuthority('webhooks', nowMs);
  const pair = await issueCertificate(authority, { commonName: 'webhook', usages: ['server'], names }, nowMs);
  const answers = new Map<string, Say | 'nothing'>();
  const questions = new Map<string, AdmissionRequest[]>();
  const server = createServer(pair, async (incoming, outgoing) => {
    const path = (incoming.url ?? '').split('?')[0]!;
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    const { request } = JSON.parse(Buffer.concat(pieces).toString()) as AdmissionReview;
    questions.set(path, [...(questions.get(path) ?? []), request!]);
    const say = answers.get(path);
    if (say === 'nothing') return;
    if (say === undefined) {
      outgoing.writeHead(404).end('nobody here');
      return;
    }
    const { patch, ...said } = say(request!);
    const encoded = Buffer.from(JSON.stringify(patch ?? [])).toString('base64');
    const patched = patch === undefined ? {} : { patchType: 'JSONPatch', patch: encoded };
    const response = { uid: request!.uid, allowed: true, ...said, ...patched };
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    caBundle: Buffer.from(authority.cert).toString('base64'),
    on: (path, say) => void answers.set(path, say),
    asked: (path) => questions.get(path) ?? [],
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
