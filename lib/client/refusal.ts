import { codeOfReason, failure, StatusError } from '#lib/api/status.ts';
import type { Status } from '#lib/api/types/meta.v1.ts';
import type { Reason } from '#lib/errors.ts';

/** The error for an answer with `code`, whether its body is a Status or something else (a proxy's page). */
export function refusalOf(code: number, body: Status | string): StatusError {
  const status = typeof body === 'string' ? parse(body) : body;
  if (status !== undefined)
    return new StatusError({ ...status, code: status.code ?? code, reason: status.reason ?? reasonOf(code) });
  const text = String(body).slice(0, longestText).trim();
  const error = failure(reasonOf(code), text === '' ? `the server answered ${code}` : text);
  return new StatusError({ ...error.status, code });
}
const longestText = 2048;

function parse(text: string): Status | undefined {
  try {
    const value = JSON.parse(text);
    return value?.kind === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(code: number): Reason {
  if (code === 409) return 'Conflict';
  if (code === 410) return 'Expired';
  const known = Object.entries(codeOfReason).find(([, other]) => other === code);
  return (known?.[0] as Reason | undefined) ?? (code >= 500 ? 'InternalError' : 'BadRequest');
}
