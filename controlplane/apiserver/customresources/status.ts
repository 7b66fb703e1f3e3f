// What a definition's status says: which of its names nobody else has, and whether it is served. Pure.
// Rule: apiextensions-apiserver, the naming, establishing and approval controllers.
import type {
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
} from '#lib/api/types/apiextensions.v1.ts';
import type { Definition } from './resource.ts';

type Condition = CustomResourceDefinitionCondition;
type Status = NonNullable<Definition['status']>;

/** The status that `definition` should have among `others`; the same object if it has it. */
export function planStatus(definition: Definition, others: readonly Definition[], nowMs: number): Status {
  const { spec, status } = definition;
  const wanted = spec.names ?? { plural: '', kind: '' };
  const accepted = acceptNames(wanted, status?.acceptedNames, takenIn(definition, others));
  const before = status?.conditions ?? [];
  const named: Condition = accepted.conflict ?? {
    type: 'NamesAccepted',
    status: 'True',
    reason: 'NoConflicts',
    message: 'no conflicts found',
  };
  const isEstablished = isTrue(before, 'Established');
  const established: Condition =
    named.status === 'True'
      ? {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        }
      : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  let conditions = withCondition(before, named, nowMs);
  // Who is served once stays so, whatever names it wants later.
  if (!isEstablished) conditions = withCondition(conditions, established, nowMs);
  const approval = approvalOf(definition);
  if (approval !== undefined) conditions = withCondition(conditions, approval, nowMs);
  if (conditions === before && status !== undefined && isSame(status.acceptedNames, accepted.names)) return status;
  return { ...status, conditions, acceptedNames: accepted.names };
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((one) => one.type === type && one.status === 'True') ?? false;
}

/** The same list if it says that already. */
export function withCondition(
  conditions: readonly Condition[],
  { type, status, reason = '', message = '' }: Condition,
  nowMs: number,
): readonly Condition[] {
  const old = conditions.find((one) => one.type === type);
  if (old?.status === status && old.reason === reason && old.message === message) return conditions;
  const now = new Date(nowMs).toISOString().replace(/\.\d+/, '');
  const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? now) : now;
  const next = { type, status, lastTransitionTime, reason, message };
  return old === undefined ? [...conditions, next] : conditions.map((one) => (one === old ? next : one));
}

interface Taken {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/** Names that other definitions of the group were given. */
function takenIn({ metadata, spec }: Definition, others: readonly Definition[]): Taken {
  const names = others
    .filter((one) => one.spec.group === spec.group && one.metadata.name !== metadata.name)
    .flatMap(({ status }) => status?.acceptedNames ?? []);
  const resources = names.flatMap(({ plural, singular = '', shortNames = [] }) => [plural, singular, ...shortNames]);
  return {
    resources: new Set(resources.filter(isSet)),
    kinds: new Set(names.flatMap(({ kind, listKind = '' }) => [kind, listKind]).filter(isSet)),
  };
}

function isSet(name: string): boolean {
  return name !== '';
}

function acceptNames(
  wanted: CustomResourceDefinitionNames,
  before: CustomResourceDefinitionNames | undefined,
  { resources, kinds }: Taken,
): { readonly names: CustomResourceDefinitionNames; readonly conflict?: Condition } {
  const { plural, singular = '', shortNames = [], kind, listKind = '' } = wanted;
  const conflicts: [reason: string, message: string][] = [];
  const take = (name: string, old: string | undefined, taken: ReadonlySet<string>, reason: string): string => {
    if (!taken.has(name)) return name;
    conflicts.push([reason, `${JSON.stringify(name)} is already in use`]);
    return old ?? '';
  };
  const names = {
    plural: take(plural, before?.plural, resources, 'PluralConflict'),
    singular: take(singular, before?.singular, resources, 'SingularConflict'),
    shortNames: shortNames.filter((name) => take(name, '', resources, 'ShortNamesConflict') === name),
    kind: take(kind, before?.kind, kinds, 'KindConflict'),
    listKind: take(listKind, before?.listKind, kinds, 'ListKindConflict'),
  };
  const { shortNames: short, ...rest } = names;
  const kept = {
    ...rest,
    ...(short.length === 0 ? {} : { shortNames: short }),
    ...(wanted.categories === undefined ? {} : { categories: wanted.categories }),
  };
  const last = conflicts.at(-1); // each overwrites what was said before
  if (last === undefined) return { names: kept };
  return { names: kept, conflict: { type: 'NamesAccepted', status: 'False', reason: last[0], message: last[1] } };
}

/** Groups of Kubernetes itself need an approval. */
function approvalOf({ metadata, spec }: Definition): Condition | undefined {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec.group)) return undefined;
  const type = 'KubernetesAPIApprovalPolicyConformant';
  const annotation = metadata.annotations?.['api-approved.kubernetes.io'] ?? '';
  if (annotation.startsWith('unapproved')) {
    return {
      type,
      status: 'False',
      reason: 'UnapprovedAnnotation',
      message: `not approved: ${JSON.stringify(annotation)}`,
    };
  }
  if (URL.canParse(annotation)) {
    return { type, status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${annotation}` };
  }
  return {
    type,
    status: 'False',
    reason: 'MissingAnnotation',
    message:
      'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
  };
}

function isSame(a: unknown, b: unknown): boolean {
  const text = (value: unknown) => JSON.stringify(Object.entries(value ?? {}).sort(([x], [y]) => (x < y ? -1 : 1)));
  return text(a) === text(b);
}
