import test from 'ava';
import { type AccessFacts, type ImageAccessRule, mayUse, standardAccess, type UsedSecret, withPull } from './access.ts';

const image = 'r.example/team/app:1';
const mine: UsedSecret = { uid: 'u1', namespace: 'a', name: 'keys', credentialHash: 'h1' };
const other: UsedSecret = { uid: 'u2', namespace: 'b', name: 'keys', credentialHash: 'h2' };
const may = (facts: Partial<AccessFacts>, rule: Partial<ImageAccessRule> = {}) =>
  mayUse({ image, names: [], record: undefined, wasBegun: false, own: [], ...facts }, { ...standardAccess, ...rule });

test('mayUse() lets everybody use what was not pulled here', (t) => {
  t.true(may({}));
  t.false(may({ wasBegun: true }), 'a pull that never ended may have brought it');
});

test('mayUse() lets nobody use what needs a secret but who has it', (t) => {
  const record = withPull(undefined, 'sha256:1', image, mine);
  t.false(may({ record }));
  t.false(may({ record, own: [other] }));
  t.true(may({ record, own: [other, mine] }));
  t.true(may({ record, own: [{ ...mine, credentialHash: 'new' }] }), 'the same secret, renewed');
  t.true(may({ record, own: [{ ...other, credentialHash: 'h1' }] }), 'another one that says the same');
  t.false(may({ record, own: [mine], image: 'r.example/else:1' }), 'pulled under another name');
  t.true(may({ record, own: [mine], image: 'r.example/team/app:2' }));
});

test('mayUse() leaves to everybody what is here under a name that was not pulled', (t) => {
  const record = withPull(undefined, 'sha256:1', image, mine);
  const names = [image, 'docker.io/library/busybox:1', `other.example/b@sha256:${'0'.repeat(64)}`];
  t.true(may({ record, names, image: 'busybox:1' }));
  t.true(may({ record, names, image: 'other.example/b' }));
  t.false(may({ record, names }), 'that one was');
  t.false(may({ record, names, image: `sha256:${'a'.repeat(64)}` }), 'by its id it is the same as what was pulled');
  t.false(may({ record, names, image: 'busybox:1' }, { policy: 'AlwaysVerify' }));
});

test('mayUse() lets everybody use what came without a secret', (t) => {
  const secret = withPull(undefined, 'sha256:1', image, mine);
  t.true(may({ record: withPull(secret, 'sha256:1', image, undefined) }));
  t.true(may({ record: withPull(withPull(undefined, 'sha256:1', image, undefined), 'sha256:1', image, mine) }));
});

test('mayUse() goes by the policy', (t) => {
  const record = withPull(undefined, 'sha256:1', image, mine);
  t.true(may({ record }, { policy: 'NeverVerify' }));
  t.false(may({}, { policy: 'AlwaysVerify' }));
  const listed = { policy: 'NeverVerifyAllowlistedImages' } as const;
  t.false(may({}, listed));
  t.true(may({}, { ...listed, allowed: ['r.example/team/*'] }));
  t.true(may({}, { ...listed, allowed: ['r.example/team/app'] }));
  t.false(may({ record }, { ...listed, allowed: ['r.example/team/*'] }), 'pulled here');
});

test('withPull() remembers each secret once, as it was last', (t) => {
  const twice = withPull(withPull(undefined, 'sha256:1', image, mine), 'sha256:1', image, other);
  const renewed = withPull(twice, 'sha256:1', image, { ...mine, credentialHash: 'new' });
  t.deepEqual(renewed.credentialMapping['r.example/team/app'], {
    kubernetesSecrets: [other, { ...mine, credentialHash: 'new' }],
  });
});
