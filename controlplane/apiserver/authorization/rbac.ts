import type { KubeObject } from '#lib/api/resource.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '#lib/api/resources.ts';
import type { ClusterRoleBinding, PolicyRule, RoleBinding, RoleRef, Subject } from '#lib/api/types/rbac.v1.ts';
import type { UserInfo } from '../exchange.ts';
import type { CacheReader, Registry } from '../registry/registry.ts';
import { type Attributes, type Authorize, noOpinion } from './attributes.ts';
import { rulesAllow } from './rules.ts';

export interface Rbac {
  readonly authorize: Authorize;
  /** Every rule that applies to `user` in `namespace` ('' for cluster scope). */
  rulesOf(user: UserInfo, namespace: string): readonly PolicyRule[];
  /** The rules behind a reference; undefined if there is no such role. */
  rulesBehind(reference: RoleRef, namespace: string): readonly PolicyRule[] | undefined;
}

/** Role-based access control over live caches: bindings are found by subject, not searched. */
export function createRbac(registry: Pick<Registry, 'reader'>): Rbac {
  const clusterRole = registry.reader(clusterRoles);
  const role = registry.reader(roles);
  const everywhere = indexBySubject(registry.reader(clusterRoleBindings));
  const inNamespace = indexBySubject(registry.reader(roleBindings));

  function rulesBehind(reference: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    if (reference.kind === 'ClusterRole') {
      const found = clusterRole.get(reference.name);
      return found === undefined ? undefined : (found.rules ?? []);
    }
    const found = role.get(`${namespace}/${reference.name}`);
    return found === undefined ? undefined : (found.rules ?? []);
  }

  function* grants(user: UserInfo, namespace: string): Generator<Grant> {
    for (const subject of subjectsOf(user)) {
      for (const binding of everywhere('', subject)) yield { binding, subject };
      if (namespace !== '') for (const binding of inNamespace(namespace, subject)) yield { binding, subject };
    }
  }

  function authorize(attributes: Attributes) {
    const { user, namespace } = attributes;
    for (const { binding, subject } of grants(user, namespace)) {
      if (binding.roleRef === undefined) continue;
      if (!rulesAllow(rulesBehind(binding.roleRef, namespace), attributes)) continue;
      return { isAllowed: true, reason: describe(binding, subject) };
    }
    return noOpinion;
  }

  return {
    authorize,
    rulesBehind,
    rulesOf: (user, namespace) =>
      [...grants(user, namespace)].flatMap(({ binding: { roleRef } }) =>
        roleRef === undefined ? [] : (rulesBehind(roleRef, namespace) ?? []),
      ),
  };
}

interface Grant {
  readonly binding: Binding;
  readonly subject: string;
}

type Binding = ClusterRoleBinding | RoleBinding;

function describe({ metadata, roleRef }: Binding, subject: string): string {
  const kind = metadata.namespace ? 'RoleBinding' : 'ClusterRoleBinding';
  const where = metadata.namespace ? `${metadata.name}/${metadata.namespace}` : metadata.name;
  const at = subject.indexOf(' ');
  const who = `${subject.slice(0, at)} ${JSON.stringify(subject.slice(at + 1))}`;
  return `RBAC: allowed by ${kind} ${JSON.stringify(where)} of ${roleRef?.kind} ${JSON.stringify(roleRef?.name)} to ${who}`;
}

/** 'User x', 'Group y', and 'ServiceAccount name/namespace' as upstream prints it. */
function* subjectsOf(user: UserInfo): Generator<string> {
  yield `User ${user.name}`;
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user.name);
  if (account !== null) yield `ServiceAccount ${account[2]}/${account[1]}`;
  for (const group of user.groups) yield `Group ${group}`;
}

function subjectOf({ kind, name, namespace }: Subject, binding: KubeObject): string {
  if (kind !== 'ServiceAccount') return `${kind} ${name}`;
  return `ServiceAccount ${name}/${namespace || binding.metadata.namespace}`;
}

/** Keeps up with the cache: finds the bindings of a namespace ('' for cluster bindings) that name a subject. */
function indexBySubject<T extends Binding>(
  reader: CacheReader<T>,
): (namespace: string, subject: string) => Iterable<T> {
  const index = new Map<string, Map<string, T>>();
  const keysOf = (binding: T) => {
    const namespace = binding.metadata.namespace ?? '';
    return (binding.subjects ?? []).map((subject) => `${namespace}\n${subjectOf(subject, binding)}`);
  };
  const put = (binding: T, key: string) => {
    for (const under of keysOf(binding)) {
      const some = index.get(under) ?? new Map<string, T>();
      index.set(under, some.set(key, binding));
    }
  };
  const take = (binding: T, key: string) => {
    for (const under of keysOf(binding)) {
      const some = index.get(under);
      if (some?.delete(key) && some.size === 0) index.delete(under);
    }
  };
  for (const binding of reader.list()) put(binding, keyOf(binding));
  reader.onChange((now, before, key) => {
    if (before !== undefined) take(before, key);
    if (now !== undefined) put(now, key);
  });
  return (namespace, subject) => index.get(`${namespace}\n${subject}`)?.values() ?? [];
}

function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}
