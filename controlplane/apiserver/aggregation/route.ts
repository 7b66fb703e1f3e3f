import { remoteHeaders } from '../authentication/request-header.ts';
import type { ApiResponse } from '../exchange.ts';
import type { Call } from '../handler.ts';
import { textAnswer } from '../http/reply.ts';
import { forward } from '../proxy/forward.ts';
import type { Availability } from './availability.ts';
import { aggregator } from './discover.ts';
import { isAvailable, type RemoteOptions, remoteService, targetOf } from './remote.ts';

/** Sends what is under `/apis/GROUP/VERSION`, and its OpenAPI document, to the extension API server that serves it; undefined if none does. */
export function createAggregationRoute(
  options: RemoteOptions,
  availability: Pick<Availability, 'documents'>,
): (call: Call) => Promise<ApiResponse> | undefined {
  return ({ request, user }) => {
    const [, document, group, version] = pattern.exec(request.path) ?? [];
    if (group === undefined || version === undefined) return undefined;
    const found = remoteService(options.registry, group, version);
    if (found?.spec === undefined) return undefined;
    if (document !== undefined && availability.documents.get(found.metadata.name)?.isOld) return undefined; // ours is made of its
    if (!isAvailable(found)) return Promise.resolve(textAnswer('service unavailable\n', 503));
    const query = request.query.toString();
    const forwarded = {
      ...(request.headers['host'] === undefined ? {} : { 'x-forwarded-host': request.headers['host'] }),
      ...(request.remoteAddress === undefined ? {} : { 'x-forwarded-for': request.remoteAddress }),
      'x-forwarded-uri': request.path,
    };
    const { spec } = found;
    const send = async () =>
      forward(request, {
        target: targetOf(spec, options),
        path: `${request.path}${query === '' ? '' : `?${query}`}`,
        extraHeaders: { ...forwarded, ...remoteHeaders(document === undefined ? user : aggregator) },
      });
    return send();
  };
}
const pattern = /^(\/openapi\/v3)?\/apis\/([^/]+)\/([^/]+)(?:\/|$)/;
