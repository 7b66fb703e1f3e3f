import type { Status } from '#lib/api/types/meta.v1.ts';
import type { ApiResponse } from '../exchange.ts';
import { jsonType } from './codec.ts';

/** Collects warnings for the answer's header; the same one counts once, and there is an end to them. */
export interface Warnings {
  add(text: string): void;
  headers(): Readonly<Record<string, string>>;
}

export function createWarnings(): Warnings {
  const texts = new Set<string>();
  let bytes = 0;
  return {
    add(text) {
      // Rule: apiserver warning: 256 bytes each, then 4 KB in all.
      const short = text.length > 256 ? text.slice(0, 256) : text;
      if (texts.has(short) || bytes + short.length > maxBytes) return;
      texts.add(short);
      bytes += short.length;
    },
    headers() {
      if (texts.size === 0) return {};
      return { warning: [...texts].map((text) => `299 - ${quoted(text)}`).join(', ') };
    },
  };
}
const maxBytes = 4096;

function quoted(text: string): string {
  return `"${text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/[\\"]/g, '\\$&')}"`;
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
