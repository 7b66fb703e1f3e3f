import test from 'ava';
import { impersonationOf } from './impersonate.ts';

test('impersonationOf() finds nobody where no header asks', (t) => {
  t.is(impersonationOf({ authorization: 'x' }), undefined);
});

test('impersonationOf() asks for each name, group, uid and extra by itself', (t) => {
  const wish = impersonationOf({
    'impersonate-user': 'ann',
    'impersonate-group': 'a, b',
    'impersonate-uid': '7',
    'impersonate-extra-scopes%2fx': 'v',
  });
  t.deepEqual(wish?.as, {
    name: 'ann',
    uid: '7',
    groups: ['a', 'b', 'system:authenticated'],
    extra: { 'scopes/x': ['v'] },
  });
  t.deepEqual(
    wish?.needs.map(({ resource, subresource, name }) => `${resource}/${subresource}/${name}`),
    ['users//ann', 'groups//a', 'groups//b', 'userextras/scopes/x/v', 'uids//7'],
  );
});

test('impersonationOf() gives a service account its groups', (t) => {
  const wish = impersonationOf({ 'impersonate-user': 'system:serviceaccount:ns:sa' });
  t.deepEqual(wish?.as.groups, ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated']);
  t.like(wish?.needs[0], { resource: 'serviceaccounts', namespace: 'ns', name: 'sa' });
});

test('impersonationOf() refuses groups without a user', (t) => {
  t.throws(() => impersonationOf({ 'impersonate-group': 'system:masters' }), {
    message: /without impersonating a user/,
  });
});
