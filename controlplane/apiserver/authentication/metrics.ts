import type { Clock } from '#lib/clock.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { UserInfo } from '../exchange.ts';
import { type Authenticate, bearerToken } from './authenticate.ts';
import type { AuthenticateLate } from './webhook.ts';

interface Authenticators {
  readonly authenticate: Authenticate;
  /** Is asked about tokens that `authenticate` does not know. */
  readonly late?: AuthenticateLate | undefined;
}

/** Counts who gets in, each request once, as upstream does: by a handful of names only. Rule: apiserver endpoints/filters, metrics. */
export function countedAuthentication(
  { authenticate, late }: Authenticators,
  { metrics, clock }: { readonly metrics: Metrics; readonly clock: Pick<Clock, 'now'> },
  now: () => number = () => performance.now(),
): Authenticators {
  const users = metrics.counter('authenticated_user_requests', 'Requests by whom they are from.', ['username']);
  const attempts = metrics.counter(
    'authentication_attempts',
    'Requests by whether it was found out whom they are from.',
    ['result'],
  );
  const duration = metrics.histogram(
    'authentication_duration_seconds',
    'How long it took to find out whom a request is from.',
    ['result'],
    Array.from({ length: 15 }, (_, power) => 0.001 * 2 ** power),
  );
  const remaining = metrics.histogram(
    'apiserver_client_certificate_expiration_seconds',
    'How long the certificates that clients show are still good.',
    [],
    [
      0, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800, 2_592_000, 7_776_000, 15_552_000,
      31_104_000,
    ],
  );
  const results = (result: string) => {
    const [count, took] = [attempts.of([result]), duration.of([result])];
    return (fromMs: number) => {
      count();
      took((now() - fromMs) / 1000);
    };
  };
  const [success, failure] = [results('success'), results('failure')];
  const counted = new Map([...told, 'other'].map((name) => [name, users.of([name])]));
  const remains = remaining.of([]);

  const enters = (user: UserInfo, fromMs: number) => {
    success(fromMs);
    counted.get(told.has(user.name) ? user.name : 'other')!();
  };

  return {
    authenticate(request) {
      const fromMs = now();
      let user: UserInfo;
      try {
        user = authenticate(request);
      } catch (error) {
        if (late === undefined || bearerToken(request) === undefined) failure(fromMs);
        throw error;
      }
      enters(user, fromMs);
      if (request.peer !== undefined) remains((request.peer.untilMs - clock.now()) / 1000);
      return user;
    },
    late:
      late &&
      (async (...question) => {
        const fromMs = now();
        const known = await late(...question);
        if (known === undefined) failure(fromMs);
        else enters(known.user, fromMs);
        return known;
      }),
  };
}
const told: ReadonlySet<string> = new Set([
  'admin',
  'client',
  'kube_proxy',
  'kubelet',
  'system:serviceaccount:kube-system:default',
]);
