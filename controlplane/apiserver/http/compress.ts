import { promisify } from 'node:util';
import { constants, gzip as gzipWithCallback } from 'node:zlib';
import { type ApiRequest, type ApiResponse, isWhole } from '../exchange.ts';

const gzip = promisify(gzipWithCallback);

/** Compresses bodies over 128 KiB for clients that accept gzip, off the main thread. Rule: upstream's gzip filter. */
export async function compress(request: ApiRequest, response: ApiResponse): Promise<ApiResponse> {
  const { body } = response;
  if (request.method !== 'GET' || body === undefined || !isWhole(body)) return response;
  if (body.length < leastBytes || response.headers['content-encoding'] !== undefined) return response;
  if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return response;
  const packed = await gzip(body, { level: constants.Z_BEST_SPEED });
  const headers = { ...response.headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' };
  return { ...response, headers, body: packed };
}

const leastBytes = 128 * 1024;
