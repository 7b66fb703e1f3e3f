// etcd's errors in our words, and which of them go by themselves.
import { status as codes, type ServiceError } from '@grpc/grpc-js';
import { ReasonError } from '#lib/errors.ts';

/** What a call failed with, before it is decided whether to ask another member. */
export class EtcdError extends Error {
  override readonly name: string = 'EtcdError';
  readonly code: number;

  constructor({ code, details }: Pick<ServiceError, 'code' | 'details'>, options?: ErrorOptions) {
    super(details, options);
    this.code = code;
  }
}

/** Another member, or the same one a little later, may do what was asked. Whether it has been done is not known. */
export function isTemporary(error: unknown): boolean {
  if (!(error instanceof EtcdError)) return false;
  if (temporary.has(error.code)) return true;
  if (error.message.includes('proposal dropped')) return true; // while leadership is handed over
  return error.code === codes.RESOURCE_EXHAUSTED && error.message.includes('too many requests');
}
const temporary: ReadonlySet<number> = new Set([
  codes.UNAVAILABLE,
  codes.DEADLINE_EXCEEDED,
  codes.CANCELLED,
  codes.INTERNAL, // what a connection that breaks within a message comes to
]);

/** The cluster is without a leader, or was: the next member would say the same. */
export function concernsAll(error: unknown): boolean {
  return saysNoLeader(error) || (error instanceof EtcdError && /leader changed|proposal dropped/.test(error.message));
}

export function saysNoLeader(error: unknown): boolean {
  return error instanceof EtcdError && error.message.includes('no leader');
}

/** We have given up the call ourselves, or the member as it ends. */
export function wasAbandoned(error: unknown): boolean {
  return error instanceof EtcdError && error.code === codes.CANCELLED;
}

export function translate(error: unknown): unknown {
  if (!(error instanceof EtcdError)) return error;
  const { message, code } = error;
  const options = { cause: error };
  if (code === codes.OUT_OF_RANGE) return new ReasonError('Expired', message, options); // compacted, or of another history
  if (message.includes('request is too large')) return new ReasonError('RequestEntityTooLarge', message, options);
  if (isTemporary(error)) return new ReasonError('ServerTimeout', message, options);
  return new ReasonError('InternalError', message, options);
}
