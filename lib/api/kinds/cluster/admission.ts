// Webhooks of admissionregistration.k8s.io.
import { at, child, duplicate, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../../types/admissionregistration.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { readsOurs, validateReviews, validateWebhookClient } from '../../webhook-client.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { validateLabelSelector } from '../label-selector.ts';
import type { Mutable } from '../object.ts';
import { validateConditions } from './admission-policies.ts';
import { validateRule } from './admission-rules.ts';
import { keepsWebhookConditions } from './kept-conditions.ts';

type AnyWebhook = MutatingWebhook | ValidatingWebhook;

export const validatingWebhookConfiguration: KindParts<ValidatingWebhookConfiguration> = {
  hasGeneration: true,
  generationFields: ['webhooks'],
  allowsUnconditionalUpdate: false,
  defaults({ webhooks }) {
    for (const webhook of webhooks ?? []) defaultWebhook(webhook);
  },
  validate: ({ webhooks }) => validateWebhooks(webhooks ?? []),
  validateUpdate,
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
  validateUpdate,
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

const anyOf = 'must specify one of v1, v1beta1';

/** What webhooks that are stored may go on doing: what one of them does, all may. */
interface Leniency {
  readonly mayHaveEffects?: boolean;
  readonly mayReadOthers?: boolean;
  readonly mayShareNames?: boolean;
  readonly mayHaveAnyLabelValue?: boolean;
  /** Conditions that did not change are not judged. */
  readonly sparesConditions?: boolean;
}

interface Configuration {
  readonly webhooks?: readonly AnyWebhook[] | undefined;
}

/** Rule: admissionregistration validation, ValidateValidatingWebhookConfigurationUpdate and that of the mutating ones. */
function validateUpdate({ webhooks: next = [] }: Configuration, { webhooks: old = [] }: Configuration): StatusCause[] {
  const selectors = old.flatMap((one) => [one.namespaceSelector, one.objectSelector]);
  const versions = old.map((one) => one.admissionReviewVersions ?? []);
  return validateWebhooks(next, {
    mayHaveEffects: old.some(({ sideEffects }) => !harmless.includes(sideEffects ?? '')),
    mayReadOthers: versions.some((some) => some.length > 0 && !readsOurs(some)),
    mayShareNames: new Set(old.map(({ name }) => name)).size < old.length,
    mayHaveAnyLabelValue: selectors.some((selector) => validateLabelSelector(selector, '').length > 0),
    sparesConditions: keepsWebhookConditions(next, old),
  });
}

function validateWebhooks(webhooks: readonly AnyWebhook[], leniency: Leniency = {}): StatusCause[] {
  const names = webhooks.map(({ name }) => name);
  return webhooks.flatMap((webhook, index) => {
    const field = at('webhooks', index);
    const isSecond = webhook.name && !leniency.mayShareNames && names.indexOf(webhook.name) < index;
    const versions = webhook.admissionReviewVersions ?? [];
    return [
      ...validateWebhook(webhook, field, leniency),
      ...validateReviews(versions, child(field, 'admissionReviewVersions'), anyOf, leniency.mayReadOthers),
      ...(isSecond ? [duplicate(child(field, 'name'), webhook.name)] : []),
    ];
  });
}

/** Rule: pkg/apis/admissionregistration/validation. */
function validateWebhook(webhook: AnyWebhook, path: Path, leniency: Leniency): StatusCause[] {
  const { name, rules = [], sideEffects, timeoutSeconds: timeout, matchConditions = [] } = webhook;
  const among = (field: 'failurePolicy' | 'matchPolicy' | 'reinvocationPolicy', known: readonly string[]) => {
    const value = (webhook as Partial<Record<typeof field, string>>)[field];
    return value === undefined || known.includes(value) ? [] : [notSupported(child(path, field), value, known)];
  };
  const isLong = timeout !== undefined && (timeout < 1 || timeout > 30);
  const { mayHaveEffects, mayHaveAnyLabelValue, sparesConditions } = leniency;
  const effects = mayHaveEffects ? [...harmless, 'Some', 'Unknown'] : harmless;
  return [
    ...validateName(name ?? '', child(path, 'name')),
    ...rules.flatMap((rule, index) => validateRule(rule, at(child(path, 'rules'), index))),
    ...among('failurePolicy', ['Fail', 'Ignore']),
    ...among('matchPolicy', ['Equivalent', 'Exact']),
    ...(sideEffects === undefined
      ? [required(child(path, 'sideEffects'), `must specify one of ${effects.join(', ')}`)]
      : []),
    ...(sideEffects !== undefined && !effects.includes(sideEffects)
      ? [notSupported(child(path, 'sideEffects'), sideEffects, effects)]
      : []),
    ...(isLong
      ? [invalidValue(child(path, 'timeoutSeconds'), timeout, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...validateLabelSelector(webhook.namespaceSelector, child(path, 'namespaceSelector'), mayHaveAnyLabelValue),
    ...validateLabelSelector(webhook.objectSelector, child(path, 'objectSelector'), mayHaveAnyLabelValue),
    ...among('reinvocationPolicy', ['IfNeeded', 'Never']),
    ...validateWebhookClient(webhook.clientConfig, child(path, 'clientConfig')),
    ...(sparesConditions ? [] : validateConditions(matchConditions, child(path, 'matchConditions'))),
  ];
}
const harmless: readonly string[] = ['None', 'NoneOnDryRun'];

function validateName(name: string, path: Path): StatusCause[] {
  if (name === '') return [required(path)];
  const wrong = wrongDns1123Subdomain(name);
  if (wrong.length > 0) return [invalidValue(path, name, wrong.join(','))];
  if (name.split('.').length >= 3) return [];
  return [invalidValue(path, name, 'should be a domain with at least three segments separated by dots')];
}
