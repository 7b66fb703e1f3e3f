import test from 'ava';
import { secrets } from '#lib/api/resources.ts';
import { createFakeRegistry } from '../authorization/fake-registry.ts';
import { createBootstrapTokenVerifier } from './bootstrap-token.ts';

const nowMs = Date.UTC(2026, 0, 1);
const good = {
  'token-id': 'abcdef',
  'token-secret': '0123456789abcdef',
  'usage-bootstrap-authentication': 'true',
  expiration: '2026-01-02T00:00:00Z',
  'auth-extra-groups': 'system:bootstrappers:workers,other',
};

function verify(
  difference: Partial<Record<keyof typeof good, string>>,
  token = 'abcdef.0123456789abcdef',
  type = 'bootstrap.kubernetes.io/token',
) {
  const registry = createFakeRegistry();
  const entries = Object.entries({ ...good, ...difference }).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ]);
  registry.put(secrets, {
    metadata: { name: 'bootstrap-token-abcdef', namespace: 'kube-system' },
    type,
    data: Object.fromEntries(entries),
  });
  return createBootstrapTokenVerifier(registry)(token, nowMs);
}

test('createBootstrapTokenVerifier() believes a token that is in order', (t) => {
  const groups = ['system:bootstrappers', 'system:bootstrappers:workers'];
  t.deepEqual(verify({}), { name: 'system:bootstrap:abcdef', groups });
  t.truthy(verify({ expiration: '' }));
});

for (const [what, outcome] of Object.entries({
  'another secret': verify({}, 'abcdef.0123456789abcdee'),
  'another id': verify({}, 'abcdee.0123456789abcdef'),
  'an expired one': verify({ expiration: '2025-12-31T00:00:00Z' }),
  'a time that is none': verify({ expiration: 'soon' }),
  'another use': verify({ 'usage-bootstrap-authentication': 'false' }),
  'another type': verify({}, undefined, 'Opaque'),
})) {
  test(`createBootstrapTokenVerifier() refuses ${what}`, (t) => {
    t.is(outcome, undefined);
  });
}
