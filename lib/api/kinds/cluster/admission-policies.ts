// Policies of admissionregistration.k8s.io and their bindings. What their expressions say is checked where they are compiled.
// Rule: pkg/apis/admissionregistration/validation.
import { at, child, duplicate, invalidValue, notSupported, type Path, required, tooMany } from '../../field-errors.ts';
import { wrongDns1035Label, wrongDns1123Subdomain, wrongQualifiedName } from '../../names.ts';
import type {
  AuditAnnotation,
  ExpressionWarning,
  MatchCondition,
  MatchResources,
  MutatingAdmissionPolicy,
  Mutation,
  ParamKind,
  ValidatingAdmissionPolicy,
  Validation,
  Variable,
} from '../../types/admissionregistration.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import { validateConditions as validateStatusConditions } from '../conditions.ts';
import type { KindParts } from '../define.ts';
import type { Mutable } from '../object.ts';
import {
  defaultMatchResources,
  mutatingOperations,
  oneOf,
  onlyOperations,
  validateMatchResources,
} from './admission-rules.ts';
import { keepsPolicyConditions } from './kept-conditions.ts';

type AnyPolicy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;

export const validatingAdmissionPolicy: KindParts<ValidatingAdmissionPolicy> = {
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  defaults: defaultPolicy,
  validate: (policy) => validateValidating(policy),
  validateUpdate: (next, previous) => validateValidating(next, previous),
  validateStatus: ({ status }) => [
    ...(status?.typeChecking?.expressionWarnings ?? []).flatMap((one, index) =>
      validateWarning(one, at('status.typeChecking.expressionWarnings', index)),
    ),
    ...validateStatusConditions(status?.conditions ?? [], 'status.conditions'),
  ],
  columns: columns(['Name', '#Validations', 'ParamKind', '@Age']),
  row: ({ metadata, spec }, nowMs) => [
    metadata.name,
    (spec?.validations ?? []).length,
    paramText(spec?.paramKind),
    ageOf(metadata, nowMs),
  ],
};

function validateValidating({ metadata, spec }: ValidatingAdmissionPolicy, old?: AnyPolicy): readonly StatusCause[] {
  const { validations = [], auditAnnotations = [] } = spec ?? {};
  const causes = validatePolicy(spec, undefined, old?.spec);
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const why = 'validations or auditAnnotations must contain at least one item';
    return [...causes, required('spec.validations', why), required('spec.auditAnnotations', why)];
  }
  return [
    ...causes,
    ...validations.flatMap((one, index) => validateValidation(one, at('spec.validations', index))),
    ...validateAnnotations(auditAnnotations, metadata.name ?? ''),
  ];
}

function validateWarning({ fieldRef, warning }: ExpressionWarning, path: Path): StatusCause[] {
  return [
    ...(warning ? [] : [required(child(path, 'warning'))]),
    ...(fieldRef?.trim() ? [] : [required(child(path, 'fieldRef'))]),
  ];
}

export const mutatingAdmissionPolicy: KindParts<MutatingAdmissionPolicy> = {
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  defaults: defaultPolicy,
  validate: (policy) => validateMutating(policy),
  validateUpdate: (next, previous) => validateMutating(next, previous),
  columns: columns(['Name', '#Mutations', 'ParamKind', '@Age']),
  row: ({ metadata, spec }, nowMs) => [
    metadata.name,
    (spec?.mutations ?? []).length,
    paramText(spec?.paramKind),
    ageOf(metadata, nowMs),
  ],
};

function validateMutating({ spec }: MutatingAdmissionPolicy, old?: AnyPolicy): readonly StatusCause[] {
  const { mutations = [], reinvocationPolicy } = spec ?? {};
  return [
    ...validatePolicy(spec, mutatingOperations, old?.spec),
    ...(mutations.length === 0 ? [required('spec.mutations', 'mutations must contain at least one item')] : []),
    ...mutations.flatMap((one, index) => validateMutation(one, at('spec.mutations', index))),
    ...oneOf(reinvocationPolicy, ['IfNeeded', 'Never'], 'spec.reinvocationPolicy'),
  ];
}

function defaultPolicy({ spec }: Mutable<AnyPolicy>): void {
  if (spec === undefined) return;
  spec.failurePolicy ??= 'Fail';
  defaultMatchResources(spec.matchConstraints);
}

function paramText(kind: ParamKind | undefined): string {
  return kind === undefined ? '<unset>' : `${kind.apiVersion}/${kind.kind}`;
}

function validatePolicy(
  spec: AnyPolicy['spec'] | undefined,
  operations: readonly string[] | undefined,
  old: AnyPolicy['spec'] | undefined,
): StatusCause[] {
  const conditions = keepsPolicyConditions(spec, old) ? [] : (spec?.matchConditions ?? []);
  return [
    ...oneOf(spec?.failurePolicy, ['Fail', 'Ignore'], 'spec.failurePolicy'),
    ...validateParamKind(spec?.paramKind),
    ...validateConstraints(spec?.matchConstraints, operations),
    ...validateConditions(conditions, 'spec.matchConditions'),
    ...(spec?.variables ?? []).flatMap((one, index) => validateVariable(one, at('spec.variables', index))),
  ];
}

function validateConstraints(
  constraints: MatchResources | undefined,
  operations: readonly string[] | undefined,
): StatusCause[] {
  const path = 'spec.matchConstraints';
  if (constraints === undefined) return [required(path)];
  const { resourceRules = [] } = constraints;
  return [
    ...validateMatchResources(constraints, path),
    ...(resourceRules.length === 0 ? [required(child(path, 'resourceRules'))] : []),
    ...(operations === undefined ? [] : onlyOperations(constraints, operations, path)),
  ];
}

function validateParamKind(paramKind: ParamKind | undefined): StatusCause[] {
  if (paramKind === undefined) return [];
  const { apiVersion = '', kind = '' } = paramKind;
  const lower = wrongDns1035Label(kind.toLowerCase());
  const mixed = `may have mixed case, but should otherwise match: ${lower.join(',')}`;
  return [
    ...validateApiVersion(apiVersion, 'spec.paramKind.apiVersion'),
    ...(kind === '' ? [required('spec.paramKind.kind')] : []),
    ...(kind !== '' && lower.length > 0 ? [invalidValue('spec.paramKind.kind', kind, mixed)] : []),
  ];
}

function validateApiVersion(apiVersion: string, path: Path): StatusCause[] {
  if (apiVersion === '') return [required(path)];
  const parts = apiVersion.split('/');
  if (parts.length > 2) return [invalidValue(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const [version = '', group] = parts.toReversed();
  const wrongGroup = group ? wrongDns1123Subdomain(group) : [];
  const wrongVersion = version === '' ? [] : wrongDns1035Label(version);
  return [
    ...(wrongGroup.length > 0 ? [invalidValue(path, group, wrongGroup.join(','))] : []),
    ...(version === '' ? [invalidValue(path, apiVersion, 'version must be specified')] : []),
    ...(wrongVersion.length > 0 ? [invalidValue(path, version, wrongVersion.join(','))] : []),
  ];
}

export function validateConditions(conditions: readonly MatchCondition[], path: Path): StatusCause[] {
  const names = conditions.map(({ name }) => name);
  const causes = conditions.flatMap(({ name, expression }, index) => {
    const field = child(at(path, index), 'name');
    return [
      ...(expression?.trim() ? [] : [required(child(at(path, index), 'expression'))]),
      ...(name ? wrongQualifiedName(name).map((why) => invalidValue(field, name, why)) : [required(field)]),
      ...(name && names.indexOf(name) !== index ? [duplicate(field, name)] : []),
    ];
  });
  return conditions.length > 64 ? [tooMany(path, conditions.length, 64), ...causes] : causes;
}

function validateVariable({ name, expression }: Variable, path: Path): StatusCause[] {
  const field = child(path, 'name');
  const isName = /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name ?? '') && !reserved.has(name);
  return [
    ...(name?.trim() ? [] : [required(field, 'name is not specified')]),
    ...(name?.trim() && !isName ? [invalidValue(field, name, 'name is not a valid CEL identifier')] : []),
    ...specified(expression, child(path, 'expression')),
  ];
}
const reserved: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

function specified(expression: string | undefined, path: Path): StatusCause[] {
  return expression?.trim() ? [] : [required(path, 'expression is not specified')];
}

function validateValidation(validation: Validation, path: Path): StatusCause[] {
  const { expression, message, messageExpression, reason } = validation;
  const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];
  const field = child(path, 'message');
  return [
    ...specified(expression, child(path, 'expression')),
    ...(messageExpression && !messageExpression.trim()
      ? [invalidValue(child(path, 'messageExpression'), messageExpression, 'must be non-empty if specified')]
      : []),
    ...(message && !message.trim() ? [invalidValue(field, message, 'message must be non-empty if specified')] : []),
    ...(/[\n\r]/.test(message?.trim() ?? '')
      ? [invalidValue(field, message, 'message must not contain line breaks')]
      : []),
    ...(reason !== undefined && !reasons.includes(reason)
      ? [notSupported(child(path, 'reason'), reason, reasons)]
      : []),
  ];
}

function validateAnnotations(annotations: readonly AuditAnnotation[], name: string): StatusCause[] {
  const path = 'spec.auditAnnotations';
  const keys = annotations.map(({ key }) => key);
  const causes = annotations.flatMap(({ key = '', valueExpression }, index) => {
    const field = child(at(path, index), 'key');
    const value = child(at(path, index), 'valueExpression');
    return [
      ...(name === '' ? [invalidValue(field, key, 'requires metadata.name be non-empty')] : []),
      ...(name === ''
        ? []
        : wrongQualifiedName(`${name}/${key}`).map((why) => invalidValue(field, `${name}/${key}`, why))),
      ...(valueExpression?.trim() ? [] : [required(value, 'valueExpression is not specified')]),
      ...((valueExpression?.trim().length ?? 0) > 5120
        ? [required(value, 'must not exceed 5120 bytes in length')]
        : []),
      ...(keys.indexOf(key) === index ? [] : [duplicate(field, key)]),
    ];
  });
  if (annotations.length <= 20) return causes;
  return [invalidValue(path, annotations, 'must not have more than 20 auditAnnotations'), ...causes];
}

function validateMutation({ patchType, applyConfiguration, jsonPatch }: Mutation, path: Path): StatusCause[] {
  const wrongType = oneOf(patchType, ['ApplyConfiguration', 'JSONPatch'], child(path, 'patchType'));
  if (wrongType.length > 0) return wrongType;
  const all = { applyConfiguration, jsonPatch };
  const [own, other] =
    patchType === 'JSONPatch'
      ? (['jsonPatch', 'applyConfiguration'] as const)
      : (['applyConfiguration', 'jsonPatch'] as const);
  const field = child(path, own);
  return [
    ...(all[own] === undefined ? [required(field, `must be specified when patchType is ${patchType}`)] : []),
    ...(all[own] !== undefined && !all[own].expression?.trim() ? [required(child(field, 'expression'))] : []),
    ...(all[other] === undefined
      ? []
      : [invalidValue(child(path, other), `{${other}}`, `must not be specified when patchType is ${patchType}`)]),
  ];
}
