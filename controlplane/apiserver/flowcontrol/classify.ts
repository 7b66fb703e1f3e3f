// Which flow a request belongs to, and which level that has. Pure. Rule: apiserver util/flowcontrol, rule.go.
import type {
  FlowSchema,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  Subject,
} from '#lib/api/types/flowcontrol.v1.ts';
import type { UserInfo } from '../exchange.ts';
import type { RequestInfo } from '../http/request-info.ts';

export interface Flow {
  readonly schema: FlowSchema;
  readonly level: PriorityLevelConfiguration;
}

/** The flows that have a level, in the order in which they are tried. */
export function orderFlows(
  schemas: readonly FlowSchema[],
  levelNamed: (name: string) => PriorityLevelConfiguration | undefined,
): readonly Flow[] {
  return schemas
    .flatMap((schema) => {
      const level = levelNamed(schema.spec.priorityLevelConfiguration?.name ?? '');
      return level === undefined ? [] : [{ schema, level }];
    })
    .sort((a, b) => precedence(a) - precedence(b) || (a.schema.metadata.name! < b.schema.metadata.name! ? -1 : 1));
}

function precedence({ schema }: Flow): number {
  return schema.spec.matchingPrecedence ?? 0;
}

/** The first of `flows` that takes the request. */
export function flowOf<F extends Flow>(flows: readonly F[], user: UserInfo, info: RequestInfo): F | undefined {
  return flows.find(({ schema }) => (schema.spec.rules ?? []).some((rule) => fits(rule, user, info)));
}

function fits({ subjects, ...rules }: PolicyRulesWithSubjects, user: UserInfo, info: RequestInfo): boolean {
  if (!(subjects ?? []).some((subject) => isOne(subject, user))) return false;
  const { verb, path, group, namespace, subresource } = info;
  if (!info.isResource) {
    return (rules.nonResourceRules ?? []).some(
      ({ verbs, nonResourceURLs }) => holds(verbs, verb) && nonResourceURLs!.some((url) => covers(url, path)),
    );
  }
  const resource = subresource === '' ? info.resource : `${info.resource}/${subresource}`;
  return (rules.resourceRules ?? []).some(
    ({ verbs, apiGroups, resources, namespaces, clusterScope }) =>
      holds(verbs, verb) &&
      holds(apiGroups, group) &&
      holds(resources, resource) &&
      (namespace === '' ? clusterScope === true : holds(namespaces, namespace)),
  );
}

function isOne({ kind, user, group, serviceAccount }: Subject, { name, groups }: UserInfo): boolean {
  if (kind === 'User') return user!.name === '*' || user!.name === name;
  if (kind === 'Group') return group!.name === '*' || groups.includes(group!.name);
  if (serviceAccount === undefined) return false;
  const start = `system:serviceaccount:${serviceAccount.namespace}:`;
  return serviceAccount.name === '*' ? name.startsWith(start) : name === start + serviceAccount.name;
}

function holds(all: readonly string[] | undefined, one: string): boolean {
  return all !== undefined && (all.includes('*') || all.includes(one));
}

function covers(url: string, path: string): boolean {
  return url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));
}
