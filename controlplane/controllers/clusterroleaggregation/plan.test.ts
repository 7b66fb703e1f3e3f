import test from 'ava';
import { aggregatedRules } from './plan.ts';

const rule = (resource: string) => ({ verbs: ['get'], apiGroups: [''], resources: [resource] });

test('aggregatedRules() collects each rule of the selected roles once, by name of role', (t) => {
  const label = { 'to-view': 'true' };
  const view = {
    metadata: { name: 'view', labels: label },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: label }] },
    rules: [rule('old')],
  };
  const roles = [
    { metadata: { name: 'b', labels: label }, rules: [rule('pods'), rule('secrets')] },
    { metadata: { name: 'a', labels: label }, rules: [rule('pods')] },
    { metadata: { name: 'c' }, rules: [rule('nodes')] },
    view,
  ];
  t.deepEqual(aggregatedRules(view, roles), [rule('pods'), rule('secrets')]);
});
