import { failure } from '#lib/api/status.ts';
import type { Clock } from '#lib/clock.ts';
import { clusterInfoPath } from '#lib/join/cluster-info.ts';
import type { ApiRequest, UserInfo } from '../exchange.ts';
import { type RequestHeaderOptions, remoteUserOf } from './request-header.ts';
import type { TokenVerifier } from './service-account-token.ts';

export interface AuthenticatorOptions {
  readonly verifyToken: TokenVerifier;
  /** The user of a bootstrap token; undefined for anything else. */
  verifyBootstrapToken(token: string, nowMs: number): UserInfo | undefined;
  readonly requestHeader: RequestHeaderOptions;
  /** Audiences of the API server itself. */
  readonly audiences: readonly string[];
  /** Who may come without a name: everybody or nobody; unless told, who asks for what needs none. */
  readonly anonymous?: 'everywhere' | 'nowhere' | undefined;
  readonly clock: Clock;
}

/**
 * Who sends a request: by transport, a proxy's word, client certificate or bearer token, in this order; nobody in particular only for
 * what needs no name (health, version, and where the cluster is).
 * @throws {StatusError} Unauthorized
 */
export type Authenticate = (request: ApiRequest) => UserInfo;

export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { verifyToken, verifyBootstrapToken, requestHeader, audiences, anonymous: where, clock } = options;
  return (request) => {
    if (request.user !== undefined) return authenticated(request.user);
    if (request.peer !== undefined && request.peer.untilMs < clock.now()) throw failure('Unauthorized', 'Unauthorized');
    if (request.peer?.authority === requestHeader.authority) {
      const user = remoteUserOf(request, requestHeader);
      if (user !== undefined) return authenticated(user);
    } else if (request.peer !== undefined) {
      const { commonName, organizations, fingerprint } = request.peer;
      const extra = { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] };
      return authenticated({ name: commonName, groups: organizations, extra });
    }
    const token = bearerToken(request);
    if (token !== undefined) {
      const joining = verifyBootstrapToken(token, clock.now());
      if (joining !== undefined) return authenticated(joining);
      const outcome = verifyToken(token, audiences, clock.now());
      if ('user' in outcome) return authenticated(outcome.user);
    } else if (!request.hasBadPeer && request.peer === undefined && isOpen(request, where)) {
      return anonymous;
    }
    throw failure('Unauthorized', 'Unauthorized');
  };
}

export const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

export function authenticated(user: UserInfo): UserInfo {
  if (user.groups.includes(everybody)) return user;
  return { ...user, groups: [...user.groups, everybody] };
}
const everybody = 'system:authenticated';

export function bearerToken({ headers }: ApiRequest): string | undefined {
  const inHeader = /^bearer\s+(.+)$/i.exec(headers['authorization'] ?? '')?.[1]?.trim();
  if (inHeader !== undefined) return inHeader;
  // Browsers cannot set headers on a WebSocket. Rule: k8s.io/apiserver authentication/request/websocket.
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const carried = protocols.find((name) => name.startsWith(webSocketPrefix));
  if (carried === undefined || headers['upgrade'] === undefined) return undefined;
  return Buffer.from(carried.slice(webSocketPrefix.length), 'base64url').toString();
}
const webSocketPrefix = 'base64url.bearer.authorization.k8s.io.';

/** What may be asked without a name. Rule: anonymous access is limited to these paths by default here. */
function isOpen({ method, path }: ApiRequest, where: AuthenticatorOptions['anonymous']): boolean {
  if (where !== undefined) return where === 'everywhere';
  return (method === 'GET' || method === 'HEAD') && (openPaths.test(path) || path === clusterInfoPath);
}
const openPaths = /^\/(healthz|livez|readyz|version\/?)$/;
