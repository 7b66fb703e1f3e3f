import { StatusError } from '#lib/api/status.ts';
import type { Status } from '#lib/api/types/meta.v1.ts';
import type { ApiResponse } from '../exchange.ts';
import { jsonType } from './codec.ts';

/** Collects warnings for the answer's header, whatever the answer is; the same one counts once, and there is an end to them. */
export interface Warnings {
  add(text: string): void;
  headers(): Readonly<Record<string, string>>;
}

/** Rule: apiserver warning, recorder: all in full, or, where that were more than 4096 characters, each cut to 256. */
export function createWarnings(): Warnings {
  const texts = new Set<string>();
  let [written, isCut] = [0, false];
  return {
    add(text) {
      if (text === '' || (isCut && written >= mostInAll)) return;
      const before = texts.size;
      if (texts.add(text).size === before) return;
      if (!isCut && written + lengthOf(text) > mostInAll) {
        isCut = true;
        written = 0;
        for (const one of texts) written += Math.min(lengthOf(one), mostOfOne);
      } else written += isCut ? Math.min(lengthOf(text), mostOfOne) : lengthOf(text);
    },
    headers() {
      if (texts.size === 0) return {};
      const shown = (text: string) => quoted(isCut ? [...text].slice(0, mostOfOne).join('') : text);
      return { warning: [...texts].map((text) => `299 - ${shown(text)}`).join(', ') };
    },
  };
}
const mostInAll = 4096;
const mostOfOne = 256;

function lengthOf(text: string): number {
  return [...text].length;
}

/** What was refused, to be answered with what was warned of before. */
export function withWarnings(error: unknown, warnings: Warnings): unknown {
  if (!(error instanceof StatusError)) return error;
  const headers = warnings.headers();
  return Object.keys(headers).length === 0 ? error : new StatusError(error.status, { cause: error, headers });
}

/** UTF-8 as a header of Node.js takes it, a character for each byte. */
function quoted(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').replace(/[\\"]/g, '\\$&');
  return `"${Buffer.from(plain).toString('latin1')}"`;
}

export function jsonResponse(
  status: number,
  body: NonNullable<ApiResponse['body']>,
  headers: Readonly<Record<string, string>> = {},
  type = jsonType,
): ApiResponse {
  return { status, headers: { 'content-type': type, 'cache-control': 'no-cache, private', ...headers }, body };
}

/** What a delete answers with when the object is gone. */
export function successStatus(details: NonNullable<Status['details']>, code?: number): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details,
    ...(code === undefined ? {} : { code }),
  };
}
