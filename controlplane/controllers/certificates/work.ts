// Reads and signs certificate requests in a process of its own: the library for it takes 25 MB that nobody needs afterwards.
import { answerParent } from '#lib/fork.ts';
import type { KeyPair } from '#lib/pki/certificate.ts';
import { describeRequest, type RequestFacts, type SigningOrder, signRequest } from '#lib/pki/signing.ts';

export type Work =
  | { readonly do: 'describe'; readonly request: string }
  | { readonly do: 'sign'; readonly authority: KeyPair; readonly order: SigningOrder };

/** Facts for `describe`, a PEM for `sign`. */
export type Done = RequestFacts | string;

answerParent(
  (work: Work): Promise<Done> =>
    work.do === 'describe' ? describeRequest(work.request) : signRequest(work.authority, work.order),
);
