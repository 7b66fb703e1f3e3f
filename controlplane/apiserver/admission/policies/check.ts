// Policies and webhooks whose expressions are none are not taken in. Rule: admissionregistration validation.
import { at, child, invalidValue } from '#lib/api/field-errors.ts';
import { keepsPolicyConditions, keepsWebhookConditions } from '#lib/api/kinds/cluster/kept-conditions.ts';
import { invalid } from '#lib/api/status.ts';
import type {
  MatchCondition,
  MutatingAdmissionPolicy,
  ValidatingAdmissionPolicy,
  ValidatingWebhookConfiguration,
} from '#lib/api/types/admissionregistration.v1.ts';
import type { Compile, LoadCel } from '../../cel/load-cel.ts';
import type { Plugin } from '../admission.ts';
import { attempt } from './conditions.ts';
import { variableNames, webhookVariableNames } from './context.ts';

interface Found {
  readonly field: string;
  readonly text: string;
  readonly variables: readonly string[];
  readonly mutates?: boolean;
  /** As upstream calls it, and as the checker may. */
  readonly type?: { readonly name: string; readonly is: RegExp };
}
const bool = { name: 'bool', is: /^bool$/ };
const text = { name: 'string', is: /^string$/ };
const textOrNull = { name: 'string or null', is: /^(string|null)$/ };
const anObject = { name: 'Object', is: /^Object$/ };
const patches = { name: 'list(JSONPatch)', is: /^list(<(JSONPatch|dyn|T)>)?$/ };

export function createExpressionChecks(loadCel: LoadCel): Plugin {
  async function check(found: readonly Found[], named: { group: string; kind: string }, name: string): Promise<void> {
    const compile = await loadCel();
    const causes = found.flatMap((one) => {
      const why = problemOf(one, compile);
      return why === undefined ? [] : [invalidValue(one.field, one.text, why)];
    });
    if (causes.length > 0) throw invalid(named, name, causes);
  }

  return {
    name: 'ExpressionChecks',
    validate({ operation, group, resource, subresource, object, oldObject, kind, name }) {
      if (group !== 'admissionregistration.k8s.io' || subresource !== '' || object === undefined) return undefined;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
      const found = expressionsIn(resource, object, oldObject);
      return found.length === 0 ? undefined : check(found, { group, kind }, name || object.metadata.name);
    },
  };
}

function problemOf({ text, variables, type, mutates = false }: Found, compile: Compile): string | undefined {
  if (text.trim() === '') return undefined; // said already
  const made = attempt(() => compile(text, variables, { mutates }));
  if (made instanceof Error) return `compilation failed: ${made.message}`;
  if (type === undefined || type.is.test(made.type) || made.type === 'dyn') return undefined;
  return `must evaluate to ${type.name}`;
}

/** Conditions that stay are not among them: they were taken once. */
function expressionsIn(resource: string, object: object, old: object | undefined): readonly Found[] {
  if (resource === 'validatingadmissionpolicies') {
    return inValidating(object as ValidatingAdmissionPolicy, old as ValidatingAdmissionPolicy | undefined);
  }
  if (resource === 'mutatingadmissionpolicies') {
    return inMutating(object as MutatingAdmissionPolicy, old as MutatingAdmissionPolicy | undefined);
  }
  if (!resource.endsWith('webhookconfigurations')) return [];
  const { webhooks = [] } = object as ValidatingWebhookConfiguration;
  const { webhooks: before } = (old ?? {}) as Partial<ValidatingWebhookConfiguration>;
  if (keepsWebhookConditions(webhooks, before)) return [];
  return webhooks.flatMap(({ matchConditions = [] }, index) =>
    conditions(matchConditions, child(at('webhooks', index), 'matchConditions'), webhookVariableNames),
  );
}

function inValidating({ spec }: ValidatingAdmissionPolicy, old?: ValidatingAdmissionPolicy): readonly Found[] {
  const variables = variablesFor(spec);
  return [
    ...inAny(spec, old?.spec, variables),
    ...(spec.validations ?? []).flatMap(({ expression, messageExpression }, index): readonly Found[] => {
      const field = at('spec.validations', index);
      const message = {
        field: child(field, 'messageExpression'),
        text: messageExpression ?? '',
        variables: variables.filter((name) => name !== 'authorizer'),
        type: text,
      };
      return [{ field: child(field, 'expression'), text: expression, variables, type: bool }, message];
    }),
    ...(spec.auditAnnotations ?? []).map(({ valueExpression }, index) => ({
      field: child(at('spec.auditAnnotations', index), 'valueExpression'),
      text: valueExpression,
      variables,
      type: textOrNull,
    })),
  ];
}

function inMutating({ spec }: MutatingAdmissionPolicy, old?: MutatingAdmissionPolicy): readonly Found[] {
  const variables = variablesFor(spec);
  return [
    ...inAny(spec, old?.spec, variables),
    ...(spec.mutations ?? []).map(({ patchType, applyConfiguration, jsonPatch }, index) => {
      const field = at('spec.mutations', index);
      const [name, one, type] =
        patchType === 'JSONPatch'
          ? (['jsonPatch', jsonPatch, patches] as const)
          : (['applyConfiguration', applyConfiguration, anObject] as const);
      return { field: child(field, name, 'expression'), text: one?.expression ?? '', variables, mutates: true, type };
    }),
  ];
}

type AnySpec = ValidatingAdmissionPolicy['spec'] | MutatingAdmissionPolicy['spec'];

/** There are no parameters where the policy names no kind for them. */
function variablesFor({ paramKind }: AnySpec): readonly string[] {
  return paramKind === undefined ? variableNames.filter((name) => name !== 'params') : variableNames;
}

function inAny(spec: AnySpec, old: AnySpec | undefined, names: readonly string[]): readonly Found[] {
  const { matchConditions = [], variables = [] } = spec;
  const isKept = keepsPolicyConditions(spec, old);
  return [
    ...(isKept ? [] : conditions(matchConditions, 'spec.matchConditions', names)),
    ...variables.map(({ expression }, index) => ({
      field: child(at('spec.variables', index), 'expression'),
      text: expression,
      variables: names,
    })),
  ];
}

function conditions(all: readonly MatchCondition[], field: string, variables: readonly string[]): readonly Found[] {
  return all.map(({ expression }, index) => ({
    field: child(at(field, index), 'expression'),
    text: expression,
    variables,
    type: bool,
  }));
}
