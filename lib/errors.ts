/**
 * Why something failed: what a caller may branch on. Closed on purpose.
 * The names are those of Kubernetes' `StatusReason`, so that the API can pass them on as they are.
 */
export type Reason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Expired'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'Invalid'
  | 'TooManyRequests'
  | 'ServerTimeout'
  | 'Timeout'
  | 'ServiceUnavailable'
  | 'InternalError';

export class ReasonError extends Error {
  override readonly name: string = 'ReasonError';
  readonly reason: Reason;

  constructor(reason: Reason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Whether `error` was thrown for `reason`. */
export function hasReason(error: unknown, ...reasons: readonly Reason[]): error is ReasonError {
  return error instanceof ReasonError && reasons.includes(error.reason);
}

/** Ends a switch over a union: a new member is then a compile error here. */
export function assertNever(value: never, what: string): never {
  throw new TypeError(`Unhandled ${what}: ${JSON.stringify(value)}`);
}
