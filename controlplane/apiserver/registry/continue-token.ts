import { badRequest } from '#lib/api/status.ts';

/** Where a chunked list goes on: after `after` (relative to the resource's prefix), as it was at `revision`. */
export interface ContinueToken {
  readonly revision: number;
  readonly after: string;
}

/** Opaque to clients. Rule: apiserver storage/continue.go: {v, rv, start}, base64url without padding. */
export function encodeContinue({ revision, after }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${after}\u0000` })).toString(
    'base64url',
  );
}

/** @throws {StatusError} BadRequest if it is not one of ours */
export function decodeContinue(text: string): ContinueToken {
  const token = parse(text);
  if (token === undefined) throw badRequest('continue key is not valid: the token cannot be read');
  if (token['v'] !== 'meta.k8s.io/v1')
    throw badRequest('continue key is not valid: server does not recognize this encoded version');
  const { rv, start } = token;
  const isPath = typeof start === 'string' && start !== '' && !start.split('/').includes('..');
  if (!isPath) throw badRequest('continue key is not valid: encoded start key empty or outside of the resource');
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || (rv <= 0 && rv !== -1)) {
    throw badRequest('continue key is not valid: incorrect encoded start resourceVersion');
  }
  return { revision: rv, after: start.endsWith('\u0000') ? start.slice(0, -1) : start };
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
