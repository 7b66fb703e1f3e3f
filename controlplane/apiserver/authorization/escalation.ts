import { failure, type StatusError } from '#lib/api/status.ts';
import type { ClusterRole, PolicyRule, RoleBinding } from '#lib/api/types/rbac.v1.ts';
import type { Plugin, Attributes as Write } from '../admission/admission.ts';
import type { UserInfo } from '../exchange.ts';
import type { Authorize } from './attributes.ts';
import type { Rbac } from './rbac.ts';
import { uncovered } from './rules.ts';

export interface EscalationOptions {
  readonly authorize: Authorize;
  readonly rbac: Rbac;
}

/**
 * Nobody grants what they have not: writing a role takes every right in it, or verb `escalate` on it; writing a binding
 * every right behind it, or verb `bind` on the role. Rule: RBAC, "Privilege escalation prevention and bootstrapping".
 */
export function createEscalationCheck(options: () => EscalationOptions): Plugin {
  return {
    name: 'RoleEscalation',
    validate(write) {
      if (write.group !== 'rbac.authorization.k8s.io' || write.object === undefined || write.subresource !== '') return;
      if (write.operation !== 'CREATE' && write.operation !== 'UPDATE') return;
      if (write.resource === 'roles' || write.resource === 'clusterroles') checkRole(write, options());
      else checkBinding(write, options());
    },
  };
}

function checkRole(write: Write, { authorize, rbac }: EscalationOptions): void {
  const role = write.object as unknown as ClusterRole;
  const old = write.oldObject as ClusterRole | undefined;
  const isSame = old !== undefined && same(role.rules, old.rules) && same(role.aggregationRule, old.aggregationRule);
  if (isSame || may('escalate', write, authorize, write.resource, write.name || role.metadata.name, write.namespace))
    return;
  // Who says what is gathered into a role grants anything that may ever be in it.
  const isGathered = role.aggregationRule !== undefined && !same(role.aggregationRule, old?.aggregationRule);
  const wanted = isGathered ? everything : (role.rules ?? []);
  refuse(write, role.metadata.name, uncovered(rbac.rulesOf(write.user, write.namespace), wanted));
}

function checkBinding(write: Write, { authorize, rbac }: EscalationOptions): void {
  const binding = write.object as unknown as RoleBinding;
  const old = write.oldObject as RoleBinding | undefined;
  const { roleRef } = binding;
  if (
    roleRef === undefined ||
    (old !== undefined && same(binding.subjects, old.subjects) && same(roleRef, old.roleRef))
  )
    return;
  const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (may('bind', write, authorize, resource, roleRef.name, write.namespace)) return;
  const behind = rbac.rulesBehind(roleRef, write.namespace);
  if (behind === undefined) {
    throw failure('NotFound', `${resource}.${write.group} ${JSON.stringify(roleRef.name)} not found`, {
      name: roleRef.name,
      group: write.group,
      kind: resource,
    });
  }
  refuse(write, binding.metadata.name, uncovered(rbac.rulesOf(write.user, write.namespace), behind));
}

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

function may(
  verb: string,
  { user, group }: Write,
  authorize: Authorize,
  resource: string,
  name: string,
  namespace: string,
): boolean {
  return authorize({ user, verb, isResource: true, path: '', group, resource, subresource: '', namespace, name })
    .isAllowed;
}

/** @throws {StatusError} Forbidden if anything is missing */
function refuse({ user, group, resource }: Write, name: string, missing: readonly PolicyRule[]): void {
  if (missing.length === 0) return;
  const rules = [...new Set(compacted(missing).map((rule) => `{${describe(rule)}}`))].sort().join('\n');
  const why = `user ${JSON.stringify(user.name)} (groups=[${quotedGroups(user)}]) is attempting to grant RBAC permissions not currently held:\n${rules}`;
  throw refused(group, resource, name, why);
}

/** Rules about one resource, and at most one name of it, become one with all verbs. Rule: rbac validation, CompactRules. */
function compacted(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const simple = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
    const isSimple = apiGroups.length === 1 && resources.length === 1 && resourceNames.length <= 1;
    if (!isSimple || nonResourceURLs.length > 0) {
      others.push(rule);
      continue;
    }
    const key = [...apiGroups, ...resources, ...resourceNames].join('\n');
    const known = simple.get(key);
    simple.set(key, known === undefined ? rule : { ...rule, verbs: [...known.verbs, ...verbs] });
  }
  return [...others, ...simple.values()];
}

function refused(group: string, kind: string, name: string, why: string): StatusError {
  return failure('Forbidden', `${kind}.${group} ${JSON.stringify(name)} is forbidden: ${why}`, { name, group, kind });
}

function quotedGroups({ groups }: UserInfo): string {
  return groups.map((group) => JSON.stringify(group)).join(' ');
}

function describe({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string {
  const parts: readonly (readonly [string, readonly string[] | undefined])[] = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['ResourceNames', resourceNames],
    ['NonResourceURLs', nonResourceURLs],
    ['Verbs', verbs],
  ];
  const known = parts.flatMap(([label, list]) => (list === undefined ? [] : [[label, list] as const]));
  return known.map(([label, list]) => `${label}:[${list.map((one) => JSON.stringify(one)).join(' ')}]`).join(', ');
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
