// Who calls, and whether they may: by client certificate or token, and by asking the API server. Answers are kept for a while.
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { subjectAccessReviews, tokenReviews } from '#lib/api/resources.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { type Attributes, attributesOf } from './routes.ts';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface Access {
  /** `undefined`: nobody. */
  authenticate(request: IncomingMessage, signal: AbortSignal): Promise<User | undefined>;
  /** `undefined`: yes; otherwise the words of the refusal. */
  refusal(user: User, method: string, path: string, signal: AbortSignal): Promise<string | undefined>;
}

/** Rule: "Kubelet authentication/authorization". */
export interface AccessRule {
  /** Whether the API server is asked whose a token is. */
  readonly mayAskTokens: boolean;
  /** Who shows nothing is system:anonymous, and not refused for that alone. */
  readonly letsAnonymousIn: boolean;
  readonly allowsAll: boolean;
  readonly tokenMs: number;
  readonly allowedMs: number;
  readonly deniedMs: number;
}

const standardRule: AccessRule = {
  mayAskTokens: true,
  letsAnonymousIn: false,
  allowsAll: false,
  tokenMs: 2 * 60_000,
  allowedMs: 5 * 60_000,
  deniedMs: 30_000,
};

export function createAccess({
  nodeName,
  client,
  rule = standardRule,
  clock,
}: {
  readonly nodeName: string;
  readonly client: Client;
  readonly rule?: AccessRule | undefined;
  readonly clock: Clock;
}): Access {
  const users = createCache<User | undefined>(clock);
  const grants = createCache<boolean>(clock);

  async function reviewToken(token: string, signal: AbortSignal): Promise<User | undefined> {
    const key = createHash('sha256').update(token).digest('base64'); // so that no token lies in memory for long
    return await users.get(
      key,
      () => rule.tokenMs,
      async () => {
        const { status } = await client.create(tokenReviews, { metadata: {}, spec: { token } }, signal);
        const { username, uid, groups = [], extra } = status.user ?? {};
        if (!status.authenticated || !username) return undefined;
        return {
          name: username,
          groups,
          ...(uid === undefined ? {} : { uid }),
          ...(extra === undefined ? {} : { extra }),
        };
      },
    );
  }

  async function isAllowed(user: User, verb: string, subresource: string, signal: AbortSignal): Promise<boolean> {
    const key = JSON.stringify([user, verb, subresource]);
    return await grants.get(
      key,
      (allowed) => (allowed ? rule.allowedMs : rule.deniedMs),
      async () => {
        const { name, ...rest } = user;
        const resourceAttributes = { verb, group: '', version: 'v1', resource: 'nodes', name: nodeName, subresource };
        const spec = { ...rest, user: name, resourceAttributes };
        return (await client.create(subjectAccessReviews, { metadata: {}, spec }, signal)).status.allowed;
      },
    );
  }

  return {
    async authenticate(request, signal) {
      const known = userOfCertificate(request.socket as TLSSocket);
      if (known !== undefined) return known;
      const [, token] = /^bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
      if (token !== undefined) return rule.mayAskTokens ? await reviewToken(token, signal) : undefined;
      return rule.letsAnonymousIn ? anonymous : undefined;
    },
    async refusal(user, method, path, signal) {
      if (rule.allowsAll || user.groups.includes('system:masters')) return undefined; // allowed everything, by anybody's rules
      const { verb, subresources }: Attributes = attributesOf(method, path);
      for (const subresource of subresources) {
        if (await isAllowed(user, verb, subresource, signal)) return undefined;
      }
      return `Forbidden (user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}])`;
    },
  };
}
const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

function userOfCertificate(socket: TLSSocket): User | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  const { CN, O } = subject ?? {};
  if (typeof CN !== 'string' || CN === '') return undefined;
  const groups = O === undefined ? [] : Array.isArray(O) ? O : [O];
  return { name: CN, groups: [...groups, 'system:authenticated'] };
}

/** Remembers answers; beyond 1024 the oldest goes. A failure is not remembered. */
function createCache<T>(clock: Clock) {
  const entries = new Map<string, { readonly value: T; readonly untilMs: number }>();
  return {
    async get(key: string, lifeMs: (value: T) => number, ask: () => Promise<T>): Promise<T> {
      const known = entries.get(key);
      if (known !== undefined && clock.now() < known.untilMs) return known.value;
      const value = await ask();
      entries.delete(key);
      entries.set(key, { value, untilMs: clock.now() + lifeMs(value) });
      const [oldest] = entries.keys();
      if (entries.size > 1024 && oldest !== undefined) entries.delete(oldest);
      return value;
    },
  };
}
