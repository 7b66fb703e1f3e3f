import { type Reason, ReasonError } from '#lib/errors.ts';

/**
 * A gRPC error in our words. The text is that of gRPC's own clients (`rpc error: code = NotFound desc = ...`):
 * users know it from pod statuses and events.
 */
export function translate(code: number, details: string, cause: unknown): ReasonError {
  const known = codes[code];
  const [name, reason] = known ?? (['Unknown', 'InternalError'] as const);
  return new ReasonError(reason, `rpc error: code = ${name} desc = ${details}`, { cause });
}

const codes: Readonly<Record<number, readonly [name: string, reason: Reason]>> = {
  1: ['Canceled', 'Timeout'],
  2: ['Unknown', 'InternalError'],
  3: ['InvalidArgument', 'BadRequest'],
  4: ['DeadlineExceeded', 'Timeout'],
  5: ['NotFound', 'NotFound'],
  6: ['AlreadyExists', 'AlreadyExists'],
  7: ['PermissionDenied', 'Forbidden'],
  8: ['ResourceExhausted', 'TooManyRequests'],
  9: ['FailedPrecondition', 'Conflict'],
  10: ['Aborted', 'Conflict'],
  11: ['OutOfRange', 'BadRequest'],
  12: ['Unimplemented', 'MethodNotAllowed'],
  13: ['Internal', 'InternalError'],
  14: ['Unavailable', 'ServiceUnavailable'],
  15: ['DataLoss', 'InternalError'],
  16: ['Unauthenticated', 'Unauthorized'],
};

/** The text without the prefix of gRPC: what the runtime itself said. */
export function plainMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^rpc error: code = \w+ desc = /, '');
}
