import type { ApiResponse } from '../exchange.ts';
import type { PathRoute } from './paths.ts';

/** Who signs service account tokens, and the keys to check them with. Rule: KEP-1393; OpenID Connect Discovery 1.0. */
export function issuerRoutes(issuer: string, keysUrl: string, keySet: object): ReadonlyMap<string, PathRoute> {
  const configuration = {
    issuer,
    jwks_uri: keysUrl,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
  return new Map<string, PathRoute>([
    ['/.well-known/openid-configuration', () => publicJson('application/json', configuration)],
    ['/openid/v1/jwks', () => publicJson('application/jwk-set+json', keySet)],
  ]);
}

function publicJson(type: string, value: object): ApiResponse {
  const headers = { 'content-type': type, 'cache-control': 'public, max-age=3600' };
  return { status: 200, headers, body: JSON.stringify(value) };
}
