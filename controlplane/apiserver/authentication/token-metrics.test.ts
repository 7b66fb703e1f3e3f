import test from 'ava';
import type { Secret, ServiceAccount } from '#lib/api/types/core.v1.ts';
import { createMetrics } from '#lib/metrics.ts';
import type { Jwt } from './jwt.ts';
import { legacyClaims } from './legacy-token.ts';
import { claimsFor, createTokenVerifier } from './service-account-token.ts';
import { createTokenMetrics } from './token-metrics.ts';

const account: ServiceAccount = { metadata: { name: 'a', namespace: 'n', uid: 'u' }, secrets: [{ name: 'auto' }] };
const secret = (name: string): Secret => ({
  metadata: { name, namespace: 'n' },
  data: { token: Buffer.from(name).toString('base64') },
});
const wish = {
  namespace: 'n',
  serviceAccount: { name: 'a', uid: 'u' },
  audiences: ['api'],
  issuer: 'i',
  lifeSeconds: 3600,
  nowMs: 0,
};
/** What the tokens of these names claim. */
const claims: Readonly<Record<string, unknown>> = {
  auto: legacyClaims(account, secret('auto')),
  manual: legacyClaims(account, secret('manual')),
  plain: claimsFor(wish),
  renewable: claimsFor({ ...wish, warnAfterSeconds: 60 }),
  foreign: claimsFor({ ...wish, audiences: ['other'] }),
};

test('createTokenVerifier() counts the tokens that it believes, by their kinds', (t) => {
  const metrics = createMetrics();
  const objects = { serviceaccounts: () => account, secrets: (key: string) => secret(key.slice(2)) };
  const reader = ({ plural }: { plural: string }) => ({ get: objects[plural as keyof typeof objects] });
  const verify = createTokenVerifier({
    jwt: { verify: (token: string) => claims[token] } as unknown as Jwt,
    issuer: 'i',
    registry: { reader } as never,
    counts: createTokenMetrics(metrics),
  });
  for (const token of ['auto', 'manual', 'manual', 'plain', 'renewable', 'foreign', 'none'])
    verify(token, ['api'], 1000);
  verify('renewable', ['api'], 61_000);
  t.deepEqual(metrics.render().match(/^serviceaccount_.*$/gm), [
    'serviceaccount_valid_tokens_total 1',
    'serviceaccount_stale_tokens_total 1',
    'serviceaccount_legacy_tokens_total 3',
    'serviceaccount_legacy_manual_token_uses_total 2',
    'serviceaccount_legacy_auto_token_uses_total 1',
  ]);
});
