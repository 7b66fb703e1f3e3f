// The rules of every kind, by group and kind. Kinds without rules of their own get the generic ones.
import { wrongPathSegment } from '../names.ts';
import { resourceFacts } from '../schema.ts';
import { type KindParts, rulesFor } from './define.ts';
import type { KindRules } from './kind-rules.ts';

/** Each part sees objects of its own kind only: the table need not know which. */
// biome-ignore lint/suspicious/noExplicitAny: the type of the objects is the key's business
type AnyParts = KindParts<any>;

/** Their names hold colons: whatever a path segment may be. */
const rbac: AnyParts = { wrongName: wrongPathSegment };

const parts: Readonly<Record<string, AnyParts>> = {
  'rbac.authorization.k8s.io/ClusterRole': rbac,
  'rbac.authorization.k8s.io/ClusterRoleBinding': rbac,
  'rbac.authorization.k8s.io/Role': rbac,
  'rbac.authorization.k8s.io/RoleBinding': rbac,
};

const made = new Map<string, KindRules>();

/** Rules of a built-in kind, of any of its versions; `group` is '' for the core group. */
export function rulesOf(group: string, kind: string): KindRules {
  const key = `${group}/${kind}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const facts = resourceFacts.find((one) => one.group === group && one.kind === kind && !one.subresourceOnly);
  if (facts === undefined) throw new TypeError(`No kind is named ${key}`);
  const rules = rulesFor(
    {
      group,
      kind,
      version: facts.version,
      isNamespaced: facts.scope === 'Namespaced',
      hasStatus: facts.subresources.some(({ name }) => name === 'status'),
    },
    parts[key] ?? {},
  );
  made.set(key, rules);
  return rules;
}
