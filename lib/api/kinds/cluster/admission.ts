// Kinds of admissionregistration.k8s.io.
import { at, child, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongQualifiedName } from '../../names.ts';
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../../types/admissionregistration.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import type { Mutable } from '../object.ts';

type AnyWebhook = MutatingWebhook | ValidatingWebhook;

export const validatingWebhookConfiguration: KindParts<ValidatingWebhookConfiguration> = {
  hasGeneration: true,
  generationFields: ['webhooks'],
  allowsUnconditionalUpdate: false,
  defaults({ webhooks }) {
    for (const webhook of webhooks ?? []) defaultWebhook(webhook);
  },
  validate: ({ webhooks }) => validateWebhooks(webhooks ?? []),
  columns: columns(['Name', '#Webhooks', '@Age']),
  row: ({ metadata, webhooks }, nowMs) => [metadata.name, (webhooks ?? []).length, ageOf(metadata, nowMs)],
};

export const mutatingWebhookConfiguration: KindParts<MutatingWebhookConfiguration> = {
  hasGeneration: true,
  generationFields: ['webhooks'],
  allowsUnconditionalUpdate: false,
  defaults({ webhooks }) {
    for (const webhook of webhooks ?? []) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= 'Never';
    }
  },
  validate: ({ webhooks }) => validateWebhooks(webhooks ?? []),
  columns: columns(['Name', '#Webhooks', '@Age']),
  row: ({ metadata, webhooks }, nowMs) => [metadata.name, (webhooks ?? []).length, ageOf(metadata, nowMs)],
};

function defaultWebhook(webhook: Mutable<AnyWebhook>): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  for (const rule of webhook.rules ?? []) rule.scope ??= '*';
  if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
}

function validateWebhooks(webhooks: readonly AnyWebhook[]): StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  for (const [index, webhook] of webhooks.entries()) {
    const field = at('webhooks', index);
    const { name, clientConfig, sideEffects, admissionReviewVersions, timeoutSeconds } = webhook;
    if (!name) causes.push(required(child(field, 'name')));
    else if (name.split('.').length < 3) {
      causes.push(
        invalidValue(child(field, 'name'), name, 'should be a domain with at least three segments separated by dots'),
      );
    } else causes.push(...wrongQualifiedName(name).map((message) => invalidValue(child(field, 'name'), name, message)));
    if (names.has(name))
      causes.push({
        reason: 'FieldValueDuplicate',
        field: child(field, 'name'),
        message: `Duplicate value: ${JSON.stringify(name)}`,
      });
    names.add(name);
    if ((admissionReviewVersions ?? []).length === 0) {
      const versions = 'must specify one of v1, v1beta1';
      causes.push(required(child(field, 'admissionReviewVersions'), versions));
    }
    if (sideEffects === undefined) {
      causes.push(required(child(field, 'sideEffects'), 'must specify one of None, NoneOnDryRun'));
    } else if (!['None', 'NoneOnDryRun'].includes(sideEffects)) {
      causes.push(notSupported(child(field, 'sideEffects'), sideEffects, ['None', 'NoneOnDryRun']));
    }
    if (timeoutSeconds !== undefined && (timeoutSeconds < 1 || timeoutSeconds > 30)) {
      causes.push(
        invalidValue(
          child(field, 'timeoutSeconds'),
          timeoutSeconds,
          'the timeout value must be between 1 and 30 seconds',
        ),
      );
    }
    if ((clientConfig?.url === undefined) === (clientConfig?.service === undefined)) {
      causes.push(required(child(field, 'clientConfig'), 'exactly one of url or service is required'));
    }
  }
  return causes;
}

export const validatingAdmissionPolicy: KindParts<ValidatingAdmissionPolicy> = {
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  defaults: defaultPolicy,
  validate({ spec }) {
    const causes: StatusCause[] = [];
    if ((spec?.validations ?? []).length === 0 && (spec?.auditAnnotations ?? []).length === 0) {
      causes.push(
        required('spec.validations', 'validations or auditAnnotations must be specified, but both are missing'),
      );
    }
    for (const [index, { expression }] of (spec?.validations ?? []).entries()) {
      if (!expression?.trim())
        causes.push(required(child(at('spec.validations', index), 'expression'), 'expression is not specified'));
    }
    return causes;
  },
  columns: columns(['Name', '#Validations', 'ParamKind', '@Age']),
  row: ({ metadata, spec }, nowMs) => [
    metadata.name,
    (spec?.validations ?? []).length,
    paramText(spec?.paramKind),
    ageOf(metadata, nowMs),
  ],
};

export const mutatingAdmissionPolicy: KindParts<MutatingAdmissionPolicy> = {
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  defaults: defaultPolicy,
  columns: columns(['Name', '#Mutations', 'ParamKind', '@Age']),
  row: ({ metadata, spec }, nowMs) => [
    metadata.name,
    (spec?.mutations ?? []).length,
    paramText(spec?.paramKind),
    ageOf(metadata, nowMs),
  ],
};

function defaultPolicy({ spec }: Mutable<ValidatingAdmissionPolicy | MutatingAdmissionPolicy>): void {
  if (spec === undefined) return;
  spec.failurePolicy ??= 'Fail';
  const constraints = spec.matchConstraints;
  if (constraints === undefined) return;
  constraints.matchPolicy ??= 'Equivalent';
  constraints.namespaceSelector ??= {};
  constraints.objectSelector ??= {};
  for (const rule of [...(constraints.resourceRules ?? []), ...(constraints.excludeResourceRules ?? [])])
    rule.scope ??= '*';
}

function paramText(
  kind: { readonly apiVersion?: string | undefined; readonly kind?: string | undefined } | undefined,
): string {
  return kind === undefined ? '<unset>' : `${kind.apiVersion}/${kind.kind}`;
}

type AnyBinding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

const binding: KindParts<AnyBinding> = {
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  defaults({ spec }) {
    const resources = spec?.matchResources;
    if (resources === undefined) return;
    resources.matchPolicy ??= 'Equivalent';
    resources.namespaceSelector ??= {};
    resources.objectSelector ??= {};
    for (const rule of [...(resources.resourceRules ?? []), ...(resources.excludeResourceRules ?? [])])
      rule.scope ??= '*';
  },
  validate: ({ spec }) => (spec?.policyName ? [] : [required('spec.policyName')]),
  columns: columns(['Name', 'PolicyName', 'ParamRef', '@Age']),
  row({ metadata, spec }, nowMs) {
    // Whether a parameter has a namespace cannot be told from here.
    const { name, namespace } = spec?.paramRef ?? {};
    const shown = name ? `${namespace ?? '*'}/${name}` : '<unset>';
    return [metadata.name, spec?.policyName ?? '', shown, ageOf(metadata, nowMs)];
  },
};

export const validatingAdmissionPolicyBinding: KindParts<ValidatingAdmissionPolicyBinding> = {
  ...(binding as KindParts<ValidatingAdmissionPolicyBinding>),
  validate({ spec }) {
    const causes = spec?.policyName ? [] : [required('spec.policyName')];
    if ((spec?.validationActions ?? []).length === 0) {
      causes.push(required('spec.validationActions', 'at least one validation action is required'));
    }
    return causes;
  },
};

export const mutatingAdmissionPolicyBinding = binding as KindParts<MutatingAdmissionPolicyBinding>;
