import { randomUUID } from 'node:crypto';
import type { KubeObject } from '#lib/api/resource.ts';
import { nodes, pods, secrets, serviceAccounts } from '#lib/api/resources.ts';
import type { UserInfo } from '../exchange.ts';
import type { Registry } from '../registry/registry.ts';
import type { Jwt } from './jwt.ts';
import { type LegacyClaims, legacyIssuer, legacyProblem } from './legacy-token.ts';
import type { TokenCounts } from './token-metrics.ts';

/** The claims of a service account token. Rule: k8s.io/kubernetes pkg/serviceaccount, claims. */
export interface TokenClaims {
  readonly aud: readonly string[];
  /** Seconds since the epoch. */
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly jti: string;
  readonly nbf: number;
  readonly sub: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: Bound;
    readonly node?: Bound;
    readonly pod?: Bound;
    readonly secret?: Bound;
    readonly warnafter?: number;
  };
}

export interface Bound {
  readonly name: string;
  readonly uid: string;
}

export interface TokenWish {
  readonly namespace: string;
  readonly serviceAccount: Bound;
  readonly pod?: Bound;
  readonly node?: Bound;
  readonly secret?: Bound;
  readonly audiences: readonly string[];
  readonly issuer: string;
  readonly lifeSeconds: number;
  /** Seconds after which its use is worth a warning. */
  readonly warnAfterSeconds?: number;
  readonly nowMs: number;
}

/** The claims of a new token. */
export function claimsFor(wish: TokenWish): TokenClaims {
  const now = Math.floor(wish.nowMs / 1000);
  const { namespace, serviceAccount, pod, node, secret } = wish;
  return {
    aud: wish.audiences,
    exp: now + wish.lifeSeconds,
    iat: now,
    iss: wish.issuer,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      ...(node === undefined ? {} : { node }),
      ...(pod === undefined ? {} : { pod }),
      ...(secret === undefined ? {} : { secret }),
      serviceaccount: serviceAccount,
      ...(wish.warnAfterSeconds === undefined ? {} : { warnafter: now + wish.warnAfterSeconds }),
    },
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
  };
}

export interface TokenVerifierOptions {
  readonly jwt: Jwt;
  readonly issuer: string;
  readonly registry: Pick<Registry, 'reader'>;
  readonly counts: TokenCounts;
}

export type TokenVerifier = (
  token: string,
  audiences: readonly string[],
  nowMs: number,
) => { readonly user: UserInfo; readonly audiences: readonly string[] } | { readonly error: string };

/**
 * Verifies service account tokens. Signatures are checked once and remembered; time, audience and the objects that a
 * token is bound to are looked at each time: a deleted pod's token ends with it.
 */
export function createTokenVerifier({ jwt, issuer, registry, counts }: TokenVerifierOptions): TokenVerifier {
  const remembered = new Map<string, TokenClaims | LegacyClaims>(); // bounded: the oldest goes first
  const readers = {
    serviceaccount: registry.reader(serviceAccounts),
    pod: registry.reader(pods),
    node: registry.reader(nodes),
    secret: registry.reader(secrets),
  };

  function claimsOf(token: string): TokenClaims | LegacyClaims | undefined {
    const known = remembered.get(token);
    if (known !== undefined) return known;
    const claims = jwt.verify(token) as TokenClaims | LegacyClaims | undefined;
    if (claims === undefined || !(isLegacy(claims) || (claims.iss === issuer && 'kubernetes.io' in claims))) {
      return undefined;
    }
    if (remembered.size >= mostRemembered) remembered.delete(remembered.keys().next().value!);
    remembered.set(token, claims);
    return claims;
  }

  function boundProblem({ 'kubernetes.io': bound }: TokenClaims): string | undefined {
    for (const what of ['serviceaccount', 'secret', 'pod', 'node'] as const) {
      const wanted = bound[what];
      if (wanted === undefined) continue;
      if (what === 'node' && bound.pod !== undefined) continue; // the pod's word is enough
      const object: KubeObject | undefined = readers[what].get(
        what === 'node' ? wanted.name : `${bound.namespace}/${wanted.name}`,
      );
      if (object === undefined || object.metadata.uid !== wanted.uid)
        return `${what} ${wanted.name} has been invalidated`;
    }
    return undefined;
  }

  function namesSecret(claims: LegacyClaims): boolean {
    const namespace = claims['kubernetes.io/serviceaccount/namespace'];
    const account = readers.serviceaccount.get(
      `${namespace}/${claims['kubernetes.io/serviceaccount/service-account.name']}`,
    );
    const named = claims['kubernetes.io/serviceaccount/secret.name'];
    return account?.secrets?.some(({ name }) => name === named) ?? false;
  }

  return (token, audiences, nowMs) => {
    const claims = claimsOf(token);
    if (claims === undefined) return { error: 'invalid bearer token' };
    if (isLegacy(claims)) {
      const problem = legacyProblem(token, claims, { secret: readers.secret.get, account: readers.serviceaccount.get });
      if (problem !== undefined) return { error: problem };
      counts.legacy(namesSecret(claims));
      return { user: legacyUser(claims), audiences };
    }
    if (claims.exp * 1000 <= nowMs) return { error: 'service account token has expired' };
    if (claims.nbf * 1000 > nowMs + leewayMs) return { error: 'service account token is not valid yet' };
    const matching = claims.aud.filter((audience) => audiences.includes(audience));
    if (matching.length === 0) {
      return {
        error: `token audiences ${JSON.stringify(claims.aud)} is invalid for the target audiences ${JSON.stringify(audiences)}`,
      };
    }
    const problem = boundProblem(claims);
    if (problem !== undefined) return { error: problem };
    const { warnafter } = claims['kubernetes.io'];
    if (warnafter !== undefined) counts.renewable(nowMs > warnafter * 1000);
    return { user: userOf(claims), audiences: matching };
  };
}

function isLegacy(claims: TokenClaims | LegacyClaims): claims is LegacyClaims {
  return claims.iss === legacyIssuer;
}

function legacyUser(claims: LegacyClaims): UserInfo {
  return {
    name: claims.sub,
    uid: claims['kubernetes.io/serviceaccount/service-account.uid'],
    groups: groupsIn(claims['kubernetes.io/serviceaccount/namespace']),
  };
}

function groupsIn(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

const mostRemembered = 4096;
const leewayMs = 60_000;

function userOf({ jti, sub, 'kubernetes.io': bound }: TokenClaims): UserInfo {
  const { pod, node } = bound;
  return {
    name: sub,
    uid: bound.serviceaccount.uid,
    groups: groupsIn(bound.namespace),
    extra: {
      [`${extraPrefix}credential-id`]: [`JTI=${jti}`],
      ...(pod === undefined ? {} : { [`${extraPrefix}pod-name`]: [pod.name], [`${extraPrefix}pod-uid`]: [pod.uid] }),
      ...(node === undefined
        ? {}
        : { [`${extraPrefix}node-name`]: [node.name], [`${extraPrefix}node-uid`]: [node.uid] }),
    },
  };
}

const extraPrefix = 'authentication.kubernetes.io/';
