import { JsonError } from '#lib/api/json/json-error.ts';
import { parseJson } from '#lib/api/json/parse.ts';
import { badRequest, type StatusError } from '#lib/api/status.ts';

/** Where a chunked list goes on: after `after` (relative to the resource's prefix), as it was at `revision`. */
export interface ContinueToken {
  readonly revision: number;
  readonly after: string;
}

/** Opaque to clients. Rule: apiserver storage/continue.go: {v, rv, start}, base64url without padding. */
export function encodeContinue({ revision, after }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: version, rv: revision, start: `${after}\u0000` })).toString('base64url');
}

/** @throws {StatusError} BadRequest if it is not one of ours */
export function decodeContinue(text: string): ContinueToken {
  const { v, rv, start } = parse(text);
  if (v !== version) throw wrong(': server does not recognize this encoded version');
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || (rv <= 0 && rv !== -1)) {
    throw wrong(`: incorrect encoded start resourceVersion (version ${version})`);
  }
  if (typeof start !== 'string' || start === '') throw wrong(`: encoded start key empty (version ${version})`);
  if (start.split('/').includes('..')) throw wrong(`: ${start}`);
  return { revision: rv, after: start.endsWith('\u0000') ? start.slice(0, -1) : start };
}
const version = 'meta.k8s.io/v1';

function parse(text: string): Readonly<Record<string, unknown>> {
  const position = text.search(/[^A-Za-z0-9_-]/);
  if (position !== -1) throw wrong(`: illegal base64 data at input byte ${position}`);
  const decoded = Buffer.from(text, 'base64url').toString();
  try {
    const { value } = parseJson(decoded);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    if (error instanceof JsonError) throw wrong(`: ${error.message}`);
    throw error;
  }
  throw wrong('');
}

function wrong(why: string): StatusError {
  return badRequest(`invalid continue token: continue key is not valid${why}`);
}
