import test from 'ava';
import type { PolicyRule } from '#lib/api/types/rbac.v1.ts';
import type { Attributes } from './attributes.ts';
import { ruleAllows, uncovered } from './rules.ts';

const rule: PolicyRule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
const wish: Attributes = {
  user: { name: 'me', groups: [] },
  verb: 'get',
  isResource: true,
  path: '',
  group: '',
  resource: 'pods',
  subresource: '',
  namespace: 'default',
  name: 'a',
};

const decides = test.macro<[string, Partial<PolicyRule>, Partial<Attributes>, boolean]>({
  title: (_title, criterion, _rule, _wish, isAllowed) => `ruleAllows() ${isAllowed ? 'allows' : 'denies'} ${criterion}`,
  exec: (t, _criterion, ruleDifference, wishDifference, isAllowed) => {
    t.is(ruleAllows({ ...rule, ...ruleDifference }, { ...wish, ...wishDifference }), isAllowed);
  },
});
test(decides, 'what it names', {}, {}, true);
test(decides, 'another verb', {}, { verb: 'list' }, false);
test(decides, 'every verb by *', { verbs: ['*'] }, { verb: 'list' }, true);
test(decides, 'another group', {}, { group: 'apps' }, false);
test(decides, 'a subresource that is not named', {}, { subresource: 'log' }, false);
test(decides, 'a subresource that is named', { resources: ['pods/log'] }, { subresource: 'log' }, true);
test(decides, 'a subresource of every resource', { resources: ['*/scale'] }, { subresource: 'scale' }, true);
test(decides, 'the resource itself by */scale', { resources: ['*/scale'] }, {}, false);
test(decides, 'a subresource by *', { resources: ['*'] }, { subresource: 'log' }, true);
test(decides, 'one name', { resourceNames: ['a'] }, {}, true);
test(decides, 'another name', { resourceNames: ['b'] }, {}, false);
test(decides, 'all by names', { resourceNames: ['b'] }, { verb: 'get', name: '' }, false);
test(decides, 'a path', { nonResourceURLs: ['/x'] }, { isResource: false, path: '/x' }, true);
test(decides, 'a path below', { nonResourceURLs: ['/x/*'] }, { isResource: false, path: '/x/y' }, true);
test(decides, 'a path beside', { nonResourceURLs: ['/x/*'] }, { isResource: false, path: '/xy' }, false);
test(decides, 'a path by a resource rule', {}, { isResource: false, path: '/x' }, false);

test('uncovered() finds the parts that nobody owns', (t) => {
  const owned: PolicyRule[] = [rule, { verbs: ['list'], apiGroups: ['*'], resources: ['*'] }];
  t.deepEqual(uncovered(owned, [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }]), []);
  t.deepEqual(uncovered(owned, [{ verbs: ['get'], apiGroups: [''], resources: ['pods', 'secrets'] }]), [
    { verbs: ['get'], apiGroups: [''], resources: ['secrets'] },
  ]);
  t.is(uncovered(owned, [{ verbs: ['get'], apiGroups: ['*'], resources: ['pods'] }]).length, 1);
  t.is(uncovered([{ ...rule, resourceNames: ['a'] }], [rule]).length, 1);
  t.is(uncovered([rule], [{ ...rule, resourceNames: ['a'] }]).length, 0);
});
