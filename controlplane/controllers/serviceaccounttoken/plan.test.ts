import test from 'ava';
import type { Secret, ServiceAccount } from '#lib/api/types/core.v1.ts';
import { planTokenSecret, type TokenSecretFacts } from './plan.ts';

const account: ServiceAccount = { metadata: { name: 'a', namespace: 'n', uid: 'u1' } };
const base64 = (text: string) => Buffer.from(text).toString('base64');
const complete: Secret = {
  metadata: {
    name: 's',
    namespace: 'n',
    annotations: { 'kubernetes.io/service-account.name': 'a', 'kubernetes.io/service-account.uid': 'u1' },
  },
  type: 'kubernetes.io/service-account-token',
  data: { 'ca.crt': base64('CA'), namespace: base64('n'), token: base64('T') },
};
const facts: TokenSecretFacts = { secret: complete, account, rootCa: 'CA', tokenFor: () => 'T' };

test('planTokenSecret() leaves a complete one alone', (t) => {
  t.deepEqual(planTokenSecret(facts), { do: 'nothing' });
});

test('planTokenSecret() fills in what lacks', (t) => {
  const metadata = { ...complete.metadata, annotations: { 'kubernetes.io/service-account.name': 'a' } };
  const { data: _, ...bare } = complete;
  t.deepEqual(planTokenSecret({ ...facts, secret: { ...bare, metadata } }), { do: 'update', secret: complete });
});

test('planTokenSecret() keeps the token, and renews the authority', (t) => {
  const plan = planTokenSecret({ ...facts, rootCa: 'NEW', tokenFor: () => 'other' });
  t.is(plan.do, 'update');
  t.like(plan, { secret: { data: { token: base64('T'), 'ca.crt': base64('NEW') } } });
});

test('planTokenSecret() removes that of an account which is gone or another', (t) => {
  t.deepEqual(planTokenSecret({ ...facts, account: undefined }), { do: 'delete' });
  t.deepEqual(planTokenSecret({ ...facts, account: { metadata: { ...account.metadata, uid: 'u2' } } }), {
    do: 'delete',
  });
});

test('planTokenSecret() has nothing to do with other types', (t) => {
  t.deepEqual(planTokenSecret({ ...facts, secret: { ...complete, type: 'Opaque' }, account: undefined }), {
    do: 'nothing',
  });
});
