// Whether match conditions, and what they know, are what they were: then they are not judged again. Pure.
// Rule: admissionregistration validation, ignoreMatchConditions.
import type { MatchCondition, ParamKind } from '../../types/admissionregistration.v1.ts';
import { isSame } from '../equal.ts';

interface Judged {
  readonly matchConditions?: readonly MatchCondition[] | undefined;
}

interface Spec extends Judged {
  readonly paramKind?: ParamKind | undefined;
}

/** Of all webhooks at once. */
export function keepsWebhookConditions(next: readonly Judged[] = [], old: readonly Judged[] = []): boolean {
  const all = (webhooks: readonly Judged[]) => webhooks.map(({ matchConditions = [] }) => matchConditions);
  return isSame(all(next), all(old));
}

export function keepsPolicyConditions(next: Spec | undefined, old: Spec | undefined): boolean {
  const all = (spec: Spec = {}) => ({ kind: spec.paramKind, conditions: spec.matchConditions ?? [] });
  return old !== undefined && isSame(all(next), all(old));
}
