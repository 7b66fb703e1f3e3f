// What of a policy's expressions cannot hold for the kinds that it is about. Rule: k8s.io/apiserver
// admission/plugin/policy/validating, typechecking.
import { resourceFacts, type TypeSchema, typeOfKind } from '#lib/api/schema.ts';
import type {
  ExpressionWarning,
  RuleWithOperations,
  ValidatingAdmissionPolicy,
} from '#lib/api/types/admissionregistration.v1.ts';
import { addSchemaType, type FieldTypes } from '#lib/cel/schema-types.ts';
import type { TypedChecker, Types } from '#lib/cel/typed.ts';

type CreateChecker = (types: Types) => TypedChecker;

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export function typeWarnings(
  policy: ValidatingAdmissionPolicy,
  createChecker: CreateChecker,
): readonly ExpressionWarning[] {
  const checkers = kindsOf(policy).flatMap((kind) => {
    const type = typeOfKind(kind.group, kind.version, kind.kind);
    return type === undefined ? [] : [{ kind, checker: checkerFor(policy, type, createChecker) }];
  });
  const look = (text: string | undefined, fieldRef: string): readonly ExpressionWarning[] => {
    if (!text) return [];
    const problems = checkers.flatMap(({ kind, checker }) => {
      const problem = problemOf(checker, text);
      return problem === undefined ? [] : [`${shown(kind)}: ${problem}\n`];
    });
    return problems.length === 0 ? [] : [{ fieldRef, warning: problems.join('\n') }];
  };
  return (policy.spec.validations ?? []).flatMap(({ expression, messageExpression }, index) => [
    ...look(expression, `spec.validations[${index}].expression`),
    ...look(messageExpression, `spec.validations[${index}].messageExpression`),
  ]);
}

function problemOf(checker: TypedChecker, text: string): string | undefined {
  try {
    checker.check(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function checkerFor({ spec }: ValidatingAdmissionPolicy, type: TypeSchema, createChecker: CreateChecker): TypedChecker {
  const types: FieldTypes = new Map();
  const object = addSchemaType(type, types);
  const namespaceObject = addSchemaType(typeOfKind('', 'v1', 'Namespace')!, types);
  const params = paramsIn(spec.paramKind);
  const base = createChecker({
    types,
    variables: {
      object,
      oldObject: object,
      namespaceObject,
      request: 'dyn',
      authorizer: 'kubernetes.authorization.Authorizer',
      ...(spec.paramKind === undefined ? {} : { params: params === undefined ? 'dyn' : addSchemaType(params, types) }),
    },
  });
  return (spec.variables ?? []).reduce((checker, { name, expression }) => {
    return checker.withVariable(name, typeOf(checker, expression));
  }, base);
}

/** Of a variable that is none, anything may be asked: it is told of elsewhere. */
function typeOf(checker: TypedChecker, expression: string): string {
  try {
    return checker.check(expression);
  } catch {
    return 'dyn';
  }
}

function paramsIn(kind: ValidatingAdmissionPolicy['spec']['paramKind']): TypeSchema | undefined {
  const [version = '', group = ''] = (kind?.apiVersion ?? '').split('/').toReversed();
  return typeOfKind(group, version, kind?.kind ?? '');
}

/** Of the rules that name them one by one; ten at most. */
function kindsOf({ spec }: ValidatingAdmissionPolicy): readonly Kind[] {
  const found = new Map<string, Kind>();
  for (const rule of spec.matchConstraints?.resourceRules ?? []) {
    for (const facts of kindsIn(rule)) found.set(shown(facts), facts);
  }
  const order = ({ group, version, kind }: Kind): string => [group, version, kind].join('\0');
  return [...found.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, mostKinds);
}
const mostKinds = 10;

function kindsIn({ apiGroups = [], apiVersions = [], resources = [] }: RuleWithOperations): readonly Kind[] {
  if ([...apiGroups, ...apiVersions].some((name) => name.includes('*'))) return [];
  const wanted = resources.filter((name) => !/[*/]/.test(name));
  return resourceFacts.filter(
    ({ group, version, plural }) =>
      apiGroups.includes(group) && apiVersions.includes(version) && wanted.includes(plural),
  );
}

function shown({ group, version, kind }: Kind): string {
  return `${group}/${version}, Kind=${kind}`;
}
