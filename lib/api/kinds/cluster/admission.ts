// Webhooks of admissionregistration.k8s.io.
import { at, child, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongQualifiedName } from '../../names.ts';
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../../types/admissionregistration.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import type { Mutable } from '../object.ts';
import { validateConditions } from './admission-policies.ts';
import { validateRule } from './admission-rules.ts';

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
    const { name, clientConfig, sideEffects, admissionReviewVersions, timeoutSeconds, rules, matchConditions } =
      webhook;
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
    causes.push(...(rules ?? []).flatMap((rule, place) => validateRule(rule, at(child(field, 'rules'), place))));
    causes.push(...validateConditions(matchConditions ?? [], child(field, 'matchConditions')));
    if ((clientConfig?.url === undefined) === (clientConfig?.service === undefined)) {
      causes.push(required(child(field, 'clientConfig'), 'exactly one of url or service is required'));
    }
  }
  return causes;
}
