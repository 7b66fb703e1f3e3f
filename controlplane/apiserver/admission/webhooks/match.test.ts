import test from 'ava';
import { selectorOf } from '#lib/api/selectors/labels.ts';
import type { RuleWithOperations } from '#lib/api/types/admissionregistration.v1.ts';
import { isExempt, matchesRule, matchOf, type Subject, type Wanted } from './match.ts';

const subject: Subject = {
  operation: 'CREATE',
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  subresource: '',
  namespace: 'n',
  name: 'd',
  object: { metadata: { name: 'd', labels: { new: 'yes' } } },
  oldObject: { metadata: { name: 'd', labels: { old: 'yes' } } },
};
const rule: RuleWithOperations = {
  operations: ['CREATE'],
  apiGroups: ['apps'],
  apiVersions: ['v1'],
  resources: ['deployments'],
};

const fits = test.macro<[boolean, Partial<RuleWithOperations>, Partial<Subject>?]>({
  title: (title, isFit) => `matchesRule() is ${isFit}: ${title}`,
  exec: (t, isFit, change, about = {}) => t.is(matchesRule({ ...subject, ...about }, { ...rule, ...change }), isFit),
});
test('as it is', fits, true, {});
test('any operation', fits, true, { operations: ['*'] });
test('another operation', fits, false, { operations: ['DELETE'] });
test('another group', fits, false, { apiGroups: ['batch'] });
test('another version', fits, false, { apiVersions: ['v2'] });
test('any group and version', fits, true, { apiGroups: ['*'], apiVersions: ['*'] });
test('any resource', fits, true, { resources: ['*'] });
test('any resource is no subresource', fits, false, { resources: ['*'] }, { subresource: 'scale' });
test('any subresource', fits, true, { resources: ['deployments/*'] }, { subresource: 'scale' });
test('any subresource is the resource, too', fits, true, { resources: ['*/*'] });
test('that subresource of any', fits, true, { resources: ['*/scale'] }, { subresource: 'scale' });
test('namespaced', fits, true, { scope: 'Namespaced' });
test('cluster-scoped only', fits, false, { scope: 'Cluster' });
test(
  'a namespace is cluster-scoped',
  fits,
  true,
  { scope: 'Cluster', apiGroups: [''], resources: ['namespaces'] },
  { group: '', resource: 'namespaces' },
);

const wanted: Wanted = { rules: [rule], matchPolicy: 'Equivalent', namespaceSelector: [], objectSelector: [] };
const selector = (labels: Record<string, string>) => selectorOf({ matchLabels: labels })!;

test('matchOf() takes an object that is or was selected', (t) => {
  const by = (labels: Record<string, string>) =>
    matchOf(subject, { ...wanted, objectSelector: selector(labels) }, () => ({}));
  t.deepEqual(by({ new: 'yes' }), { as: 'itself' });
  t.deepEqual(by({ old: 'yes' }), { as: 'itself' });
  t.is(by({ other: 'yes' }), undefined);
});

test('matchOf() selects by the namespace, which may be the object itself', (t) => {
  const namespaceSelector = selector({ new: 'yes' });
  t.is(
    matchOf(subject, { ...wanted, namespaceSelector }, () => ({})),
    undefined,
  );
  t.truthy(matchOf(subject, { ...wanted, namespaceSelector }, () => ({ new: 'yes' })));
  const rules = [{ ...rule, apiGroups: [''], resources: ['namespaces'] }];
  const itself = { ...subject, group: '', resource: 'namespaces' };
  t.truthy(matchOf(itself, { ...wanted, rules, namespaceSelector }, () => ({})));
  t.truthy(matchOf({ ...subject, namespace: '' }, { ...wanted, namespaceSelector }, () => ({})));
});

test('matchOf() takes equivalents unless told not to', (t) => {
  const equivalent = {
    group: 'extensions',
    version: 'v1beta1',
    kind: 'Deployment',
    resource: 'deployments',
    to: (object: object) => object as never,
    from: (object: object) => object as never,
  };
  const rules = [{ ...rule, apiGroups: ['extensions'], apiVersions: ['v1beta1'] }];
  const about = { ...subject, equivalents: [equivalent] };
  t.deepEqual(
    matchOf(about, { ...wanted, rules }, () => ({})),
    { as: 'equivalent', equivalent },
  );
  t.is(
    matchOf(about, { ...wanted, rules, matchPolicy: 'Exact' }, () => ({})),
    undefined,
  );
});

test('isExempt() holds for what decides on admission', (t) => {
  t.false(isExempt(subject));
  const group = 'admissionregistration.k8s.io';
  t.true(isExempt({ ...subject, group, resource: 'validatingwebhookconfigurations' }));
  t.true(isExempt({ ...subject, group, resource: 'validatingadmissionpolicies' }));
});
