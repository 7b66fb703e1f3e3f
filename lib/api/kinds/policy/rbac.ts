import { at, child, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain, wrongPathSegment } from '../../names.ts';
import type { LabelSelector, StatusCause } from '../../types/meta.v1.ts';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '../../types/rbac.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { validateLabelSelector } from '../label-selector.ts';
import type { Mutable } from '../object.ts';

const group = 'rbac.authorization.k8s.io';

type AnyRole = Role | ClusterRole;
type AnyBinding = RoleBinding | ClusterRoleBinding;

export const role: KindParts<Role> = {
  wrongName: wrongPathSegment,
  allowsCreateOnUpdate: true,
  validate: ({ rules }) => validateRules(rules ?? [], true),
  columns: columns(['Name', '@Created At']),
  row: createdRow,
};

export const clusterRole: KindParts<ClusterRole> = {
  wrongName: wrongPathSegment,
  allowsCreateOnUpdate: true,
  validate: (object) => validateClusterRole(object),
  validateUpdate: (next, previous) => validateClusterRole(next, gathersByWrong(previous)),
  columns: columns(['Name', '@Created At']),
  row: createdRow,
};

function validateClusterRole({ rules, aggregationRule }: ClusterRole, mayHaveAnyValue = false): StatusCause[] {
  const causes = validateRules(rules ?? [], false);
  if (aggregationRule === undefined) return causes;
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  const field = 'aggregationRule.clusterRoleSelectors';
  if (selectors.length === 0)
    return [...causes, required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  const judge = (one: LabelSelector, index: number) => validateGathering(one, at(field, index), mayHaveAnyValue);
  return [...causes, ...selectors.flatMap(judge)];
}

/** Rule: registry/rbac clusterrole strategy, hasInvalidLabelValueInLabelSelector. */
function gathersByWrong({ aggregationRule }: ClusterRole): boolean {
  return (aggregationRule?.clusterRoleSelectors ?? []).some((one) => validateLabelSelector(one, '').length > 0);
}

function validateGathering(selector: LabelSelector, path: Path, mayHaveAnyValue: boolean): StatusCause[] {
  const wrong = validateLabelSelector(selector, path, mayHaveAnyValue);
  return wrong.length === 0 ? wrong : [...wrong, invalidValue(path, null, 'invalid label selector.')];
}

function createdRow({ metadata }: AnyRole): readonly unknown[] {
  return [metadata.name, metadata.creationTimestamp ?? '<unknown>'];
}

export const roleBinding: KindParts<RoleBinding> = {
  wrongName: wrongPathSegment,
  allowsCreateOnUpdate: true,
  defaults: defaultBinding,
  validate: (object) => validateBinding(object, ['ClusterRole', 'Role']),
  validateUpdate: (next, previous) => [...validateBinding(next, ['ClusterRole', 'Role']), ...fixedRole(next, previous)],
  columns: columns(['Name', 'Role', '@Age'], ['Users', 'Groups', 'ServiceAccounts']),
  row: bindingRow,
};

export const clusterRoleBinding: KindParts<ClusterRoleBinding> = {
  wrongName: wrongPathSegment,
  allowsCreateOnUpdate: true,
  defaults: defaultBinding,
  validate: (object) => validateBinding(object, ['ClusterRole']),
  validateUpdate: (next, previous) => [...validateBinding(next, ['ClusterRole']), ...fixedRole(next, previous)],
  columns: columns(['Name', 'Role', '@Age'], ['Users', 'Groups', 'ServiceAccounts']),
  row: bindingRow,
};

function defaultBinding(object: Mutable<AnyBinding>): void {
  if (object.roleRef !== undefined) object.roleRef.apiGroup ||= group;
  for (const subject of object.subjects ?? []) {
    if (!subject.apiGroup) {
      if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup = group;
      else delete subject.apiGroup;
    }
  }
}

function bindingRow({ metadata, roleRef, subjects }: AnyBinding, nowMs: number): readonly unknown[] {
  const of = (kind: string) => (subjects ?? []).filter((subject) => subject.kind === kind);
  return [
    metadata.name,
    `${roleRef?.kind}/${roleRef?.name}`,
    ageOf(metadata, nowMs),
    of('User')
      .map(({ name }) => name)
      .join(', '),
    of('Group')
      .map(({ name }) => name)
      .join(', '),
    of('ServiceAccount')
      .map(({ namespace, name }) => `${namespace}/${name}`)
      .join(', '),
  ];
}

function validateRules(rules: readonly PolicyRule[], isNamespaced: boolean): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, { verbs, apiGroups, resources, resourceNames, nonResourceURLs }] of rules.entries()) {
    const field = at('rules', index);
    if ((verbs ?? []).length === 0)
      causes.push(required(child(field, 'verbs'), 'verbs must contain at least one value'));
    if ((nonResourceURLs ?? []).length > 0) {
      if (isNamespaced) {
        causes.push(
          invalidValue(
            child(field, 'nonResourceURLs'),
            nonResourceURLs,
            'namespaced rules cannot apply to non-resource URLs',
          ),
        );
      }
      if ([apiGroups, resources, resourceNames].some((list) => (list ?? []).length > 0)) {
        const detail = 'rules cannot apply to both regular resources and non-resource URLs';
        causes.push(invalidValue(child(field, 'nonResourceURLs'), nonResourceURLs, detail));
      }
      continue;
    }
    if ((apiGroups ?? []).length === 0) {
      causes.push(required(child(field, 'apiGroups'), 'resource rules must supply at least one api group'));
    }
    if ((resources ?? []).length === 0) {
      causes.push(required(child(field, 'resources'), 'resource rules must supply at least one resource'));
    }
  }
  return causes;
}

function validateBinding({ roleRef, subjects }: AnyBinding, kinds: readonly string[]): StatusCause[] {
  const causes: StatusCause[] = [];
  if (roleRef?.apiGroup !== group) causes.push(notSupported('roleRef.apiGroup', roleRef?.apiGroup ?? '', [group]));
  if (!kinds.includes(roleRef?.kind ?? '')) causes.push(notSupported('roleRef.kind', roleRef?.kind ?? '', kinds));
  if (!roleRef?.name) causes.push(required('roleRef.name'));
  else
    causes.push(
      ...wrongPathSegment(roleRef.name).map((message) => invalidValue('roleRef.name', roleRef.name, message)),
    );
  const isNamespaced = kinds.length > 1;
  return [
    ...causes,
    ...(subjects ?? []).flatMap((subject, index) => validateSubject(subject, isNamespaced, at('subjects', index))),
  ];
}

function validateSubject(
  { kind, name, namespace, apiGroup }: Subject,
  isNamespaced: boolean,
  path: Path,
): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!name) causes.push(required(child(path, 'name')));
  switch (kind) {
    case 'ServiceAccount':
      if (name)
        causes.push(...wrongDns1123Subdomain(name).map((message) => invalidValue(child(path, 'name'), name, message)));
      if (apiGroup) causes.push(notSupported(child(path, 'apiGroup'), apiGroup, ['']));
      if (!isNamespaced && !namespace) causes.push(required(child(path, 'namespace')));
      break;
    case 'User':
    case 'Group':
      if (!name) causes.push(invalidValue(child(path, 'name'), '', `${kind.toLowerCase()} name cannot be empty`));
      if (apiGroup !== group) causes.push(notSupported(child(path, 'apiGroup'), apiGroup ?? '', [group]));
      break;
    default:
      causes.push(notSupported(child(path, 'kind'), kind, ['Group', 'ServiceAccount', 'User']));
  }
  return causes;
}

function fixedRole(next: AnyBinding, previous: AnyBinding): StatusCause[] {
  return isSame(next.roleRef, previous.roleRef) ? [] : [invalidValue('roleRef', next.roleRef, 'cannot change roleRef')];
}
