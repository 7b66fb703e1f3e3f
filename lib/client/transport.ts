/** How a client reaches an API server: over HTTP/2 with TLS, or in the server's own process. */
export interface Transport {
  /**
   * Sends one request; settles when the answer's head is there, whatever its status.
   * Aborting `signal` ends the request, the body's reading included.
   * @throws {ReasonError} ServiceUnavailable if the server cannot be reached
   */
  request(request: TransportRequest, signal: AbortSignal): Promise<TransportResponse>;
}

export interface TransportRequest {
  readonly method: string;
  /** Path with query, such as `/api/v1/pods?watch=1`. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export interface TransportResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}
