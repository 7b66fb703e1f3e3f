// What clients are told, in upstream's words. Pure. Rule: admission/plugin/webhook/errors and ErrCallingWebhook.
import { badRequest, failure, StatusError } from '#lib/api/status.ts';
import type { Status } from '#lib/api/types/meta.v1.ts';

/** The webhook said no. */
export function denied(name: string, status: Status | undefined): StatusError {
  const by = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = status?.message || status?.reason;
  const code = status?.code ?? 0;
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: why ? `${by}: ${why}` : `${by} without explanation`,
    ...(status?.reason ? { reason: status.reason } : {}),
    ...(status?.details ? { details: status.details } : {}),
    code: Math.max(code, 400), // a refusal is never a success
  });
}

/** It could not be asked. */
export function failedCalling(name: string, why: string): StatusError {
  return internal(`failed calling webhook ${JSON.stringify(name)}: ${why}`);
}

export function internal(message: string): StatusError {
  return failure('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

export function noDryRun(name: string): StatusError {
  return badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
}
