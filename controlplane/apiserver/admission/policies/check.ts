// Policies and webhooks whose expressions are none are not taken in. Rule: admissionregistration validation.
import { at, child, invalidValue } from '#lib/api/field-errors.ts';
import { invalid } from '#lib/api/status.ts';
import type {
  MatchCondition,
  ValidatingAdmissionPolicy,
  ValidatingWebhookConfiguration,
} from '#lib/api/types/admissionregistration.v1.ts';
import type { Plugin } from '../admission.ts';
import { attempt, type Compile, firstLine } from './conditions.ts';
import { variableNames, webhookVariableNames } from './context.ts';

interface Found {
  readonly field: string;
  readonly text: string;
  readonly variables: readonly string[];
  readonly type?: string;
}

export const expressionChecks: Plugin = {
  name: 'ExpressionChecks',
  validate({ operation, group, resource, subresource, object, kind, name }) {
    if (group !== 'admissionregistration.k8s.io' || subresource !== '' || object === undefined) return undefined;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
    const found = expressionsIn(resource, object);
    return found.length === 0 ? undefined : check(found, { group, kind }, name || object.metadata.name);
  },
};

async function check(found: readonly Found[], named: { group: string; kind: string }, name: string): Promise<void> {
  const { compileExpression } = await import('#lib/cel/compile.ts');
  const causes = found.flatMap((one) => {
    const why = problemOf(one, compileExpression);
    return why === undefined ? [] : [invalidValue(one.field, one.text, `compilation failed: ERROR: ${why}`)];
  });
  if (causes.length > 0) throw invalid(named, name, causes);
}

function problemOf({ text, variables, type }: Found, compile: Compile): string | undefined {
  const made = attempt(() => compile(text, variables));
  if (made instanceof Error) return firstLine(made.message);
  if (type === undefined || made.type === type || made.type === 'dyn') return undefined;
  return `must evaluate to ${type}`;
}

function expressionsIn(resource: string, object: object): readonly Found[] {
  if (resource === 'validatingadmissionpolicies') return inPolicy(object as ValidatingAdmissionPolicy);
  if (!resource.endsWith('webhookconfigurations')) return [];
  const { webhooks = [] } = object as ValidatingWebhookConfiguration;
  return webhooks.flatMap(({ matchConditions = [] }, index) =>
    conditions(matchConditions, child(at('webhooks', index), 'matchConditions'), webhookVariableNames),
  );
}

function inPolicy({ spec }: ValidatingAdmissionPolicy): readonly Found[] {
  const variables = variableNames;
  return [
    ...conditions(spec.matchConditions ?? [], 'spec.matchConditions', variables),
    ...(spec.variables ?? []).map(({ expression }, index) => ({
      field: child(at('spec.variables', index), 'expression'),
      text: expression,
      variables,
    })),
    ...(spec.validations ?? []).flatMap(({ expression, messageExpression }, index) => [
      { field: child(at('spec.validations', index), 'expression'), text: expression, variables, type: 'bool' },
      ...(messageExpression
        ? [
            {
              field: child(at('spec.validations', index), 'messageExpression'),
              text: messageExpression,
              variables,
              type: 'string',
            },
          ]
        : []),
    ]),
  ];
}

function conditions(all: readonly MatchCondition[], field: string, variables: readonly string[]): readonly Found[] {
  return all.map(({ expression }, index) => ({
    field: child(at(field, index), 'expression'),
    text: expression,
    variables,
    type: 'bool',
  }));
}
