import { isSame } from '#lib/api/kinds/equal.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { ClusterRole, PolicyRule } from '#lib/api/types/rbac.v1.ts';

/** The rules of all roles that `role` selects, in order of their names, each rule once. Rule: RBAC, "Aggregated ClusterRoles". */
export function aggregatedRules(role: ClusterRole, roles: Iterable<ClusterRole>): readonly PolicyRule[] {
  const selectors = role.aggregationRule?.clusterRoleSelectors ?? [];
  const isPart = ({ metadata }: ClusterRole) =>
    metadata.name !== role.metadata.name && selectors.some((selector) => isSelectedBy(selector, metadata.labels));
  const parts = [...roles].filter(isPart).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const rule of parts.flatMap((part) => part.rules ?? [])) {
    if (!rules.some((known) => isSame(known, rule))) rules.push(rule);
  }
  return rules;
}
