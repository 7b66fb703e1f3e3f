import test from 'ava';
import type { Secret, ServiceAccount } from '#lib/api/types/core.v1.ts';
import { type LegacyObjects, legacyClaims, legacyProblem } from './legacy-token.ts';

const account: ServiceAccount = { metadata: { name: 'a', namespace: 'n', uid: 'u' } };
const token = 'signed';
const secret: Secret = {
  metadata: { name: 's', namespace: 'n' },
  data: { token: Buffer.from(token).toString('base64') },
};
const claims = legacyClaims(account, secret);

const problem = test.macro<[string | undefined, Partial<LegacyObjects>, Partial<typeof claims>?]>({
  title: (title, text) => `legacyProblem() is ${text ?? 'nothing'}: ${title}`,
  exec(t, text, change, other = {}) {
    const objects: LegacyObjects = { secret: () => secret, account: () => account, ...change };
    t.is(legacyProblem(token, { ...claims, ...other }, objects), text);
  },
});
test('all is there', problem, undefined, {});
test('no Secret', problem, 'token has been invalidated', { secret: () => undefined });
test('another token', problem, "token does not match server's copy", { secret: () => ({ ...secret, data: {} }) });
test('no account', problem, 'service account n/a has been deleted', { account: () => undefined });
test('another account of that name', problem, 'service account UID (v) does not match claim (u)', {
  account: () => ({ metadata: { ...account.metadata, uid: 'v' } }),
});
test('another subject', problem, 'sub claim is invalid', {}, { sub: 'system:serviceaccount:n:b' });
