import { type Reason, ReasonError } from '#lib/errors.ts';
import type { Status, StatusCause, StatusDetails } from './types/meta.v1.ts';

/** An answer of the API that says no: thrown by the server to answer with it, by the client when it got one. */
export class StatusError extends ReasonError {
  override readonly name = 'StatusError';
  readonly status: Status;
  /** What the answer says beside it. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: Status, options: ErrorOptions & { readonly headers?: Readonly<Record<string, string>> } = {}) {
    super(
      (status.reason ?? 'InternalError') as Reason,
      status.message ?? `the server answered ${status.code}`,
      options,
    );
    this.status = status;
    this.headers = options.headers ?? {};
  }

  get code(): number {
    return this.status.code ?? 500;
  }
}

/** HTTP code of each reason. Rule: API conventions, "Response Status Kind". */
export const codeOfReason: Readonly<Record<Reason, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
};

/** A Status of failure, as `reason` has it; `details` where a client can use them. */
export function failure(reason: Reason, message: string, details?: StatusDetails): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code: codeOfReason[reason],
  });
}

export interface Named {
  readonly group: string;
  /** As upstream's messages have it: the plural ("pods") for what was asked by path, the kind for what was sent. */
  readonly resource: string;
}

export function notFound({ group, resource }: Named, name: string): StatusError {
  return failure('NotFound', `${qualified({ group, resource })} "${name}" not found`, { name, group, kind: resource });
}

export function alreadyExists({ group, resource }: Named, name: string): StatusError {
  const message = `${qualified({ group, resource })} "${name}" already exists`;
  return failure('AlreadyExists', message, { name, group, kind: resource });
}

export function conflict({ group, resource }: Named, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified({ group, resource })} "${name}": ${why}`;
  return failure('Conflict', message, { name, group, kind: resource });
}

export function forbidden({ group, resource }: Named, name: string, why: string): StatusError {
  const message = `${qualified({ group, resource })} "${name}" is forbidden: ${why}`;
  return failure('Forbidden', message, { name, group, kind: resource });
}

export function badRequest(message: string): StatusError {
  return failure('BadRequest', message);
}

/** `causes` in upstream's form: reason FieldValueInvalid and so on, message, and the path of the field. */
export function invalid(
  { group, kind }: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly StatusCause[],
): StatusError {
  // What is found twice is said once.
  const lines = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const shown = name === '' ? '""' : `"${name}"`;
  const message = `${group === '' ? kind : `${kind}.${group}`} ${shown} is invalid: ${text}`;
  return failure('Invalid', message, { name, group, kind, causes });
}

function qualified({ group, resource }: Named): string {
  return group === '' ? resource : `${resource}.${group}`;
}
