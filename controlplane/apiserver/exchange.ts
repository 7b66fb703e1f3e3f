import type { Duplex } from 'node:stream';

/**
 * One request and its answer as the API server sees them, whatever carried them: HTTP/2 streams, HTTP/1.1, or a call
 * from the same process.
 */
export interface ApiRequest {
  /** Upper case. */
  readonly method: string;
  /** Decoded no further than the transport did: `/api/v1/namespaces/default/pods`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /**
   * Reads the body whole.
   * @throws {StatusError} RequestEntityTooLarge above `limitBytes`; Timeout if it does not come to an end
   */
  body(limitBytes: number): Promise<Uint8Array>;
  /** The body piece by piece, for proxies: neither bounded nor timed. Either this or `body`, once. */
  readonly bodyStream: () => AsyncIterable<Uint8Array>;
  /** Set by transports that know who calls; others are authenticated by certificate or token. */
  readonly user?: UserInfo;
  /** The verified client certificate, if there was one. */
  readonly peer?: PeerCertificate | undefined;
  /** A client certificate was shown that no authority of ours has signed, or that is out of date. */
  readonly hasBadPeer?: boolean | undefined;
  readonly remoteAddress?: string | undefined;
  /** Aborted when the client went away or the server stops. */
  readonly signal: AbortSignal;
  /** Aborted only when the server stops: one for all, for what is soon over. */
  readonly serverSignal?: AbortSignal;
  /** Present on a request that asks to change protocol (SPDY, WebSocket): takes the raw connection over. */
  readonly upgrade?: () => { readonly socket: Duplex; readonly head: Uint8Array };
}

export interface PeerCertificate {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** SHA-256 of the certificate, lower-case hexadecimal. */
  readonly fingerprint: string;
  /** The same of the public key of the authority at the end of its chain. */
  readonly authority: string;
  /** When it ends: a connection may outlive it. */
  readonly untilMs: number;
}

/** Rule: authentication.k8s.io UserInfo. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** One piece, or a stream (watch, log). Absent after an upgrade: the socket belongs to the handler. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array | string>;
}

/** Whether a body is no stream: nothing is left to do for it once it has been handed over. */
export function isWhole(body: ApiResponse['body']): body is Uint8Array | string | undefined {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array;
}

/** Answers any request; never rejects: what goes wrong becomes a Status. */
export type Handler = (request: ApiRequest) => Promise<ApiResponse>;
