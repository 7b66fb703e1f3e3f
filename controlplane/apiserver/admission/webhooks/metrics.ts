import type { Metrics } from '#lib/metrics.ts';
import type { Attributes } from '../admission.ts';

/** What webhooks take and say. */
export interface WebhookMetrics {
  answered(about: WebhookAsked, outcome: WebhookOutcome): void;
}

export interface WebhookAsked {
  readonly name: string;
  readonly operation: Attributes['operation'];
  readonly isMutating: boolean;
  readonly tookMs: number;
}

export type WebhookOutcome =
  | { readonly is: 'allowed' }
  | { readonly is: 'denied'; readonly code: number }
  /** Could not be asked. */
  | { readonly is: 'failed'; readonly isIgnored: boolean }
  /** Was not asked: it cannot do without effects. */
  | { readonly is: 'not-dry' };

export function createWebhookMetrics(metrics: Metrics): WebhookMetrics {
  const duration = metrics.histogram(
    'apiserver_admission_webhook_admission_duration_seconds',
    'How long an admission webhook took.',
    ['name', 'operation', 'rejected', 'type'],
    [0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 10, 25],
  );
  const requests = metrics.counter(
    'apiserver_admission_webhook_request_total',
    'What admission webhooks were asked, and the codes they gave (600 for any above).',
    ['code', 'name', 'operation', 'rejected', 'type'],
  );
  const rejections = metrics.counter(
    'apiserver_admission_webhook_rejection_count',
    'Requests that were refused because of a webhook: by its word, or as it could not be asked.',
    ['error_type', 'name', 'operation', 'rejection_code', 'type'],
  );
  const failOpen = metrics.counter(
    'apiserver_admission_webhook_fail_open_count',
    'Requests let through although their webhook could not be asked.',
    ['name', 'type'],
  );
  return {
    answered({ name, operation, isMutating, tookMs }, outcome) {
      const type = isMutating ? 'admit' : 'validating';
      const isOpen = outcome.is === 'allowed' || (outcome.is === 'failed' && outcome.isIgnored);
      const rejected = String(!isOpen);
      const code = String(Math.min(outcome.is === 'denied' ? outcome.code : codes[outcome.is], 600));
      duration.observe([name, operation, rejected, type], tookMs / 1000);
      requests.add([code, name, operation, rejected, type]);
      if (outcome.is === 'failed' && outcome.isIgnored) failOpen.add([name, type]);
      if (isOpen) return;
      rejections.add([errors[outcome.is as keyof typeof errors], name, operation, code, type]);
    },
  };
}
const codes = { allowed: 200, failed: 503, 'not-dry': 0 } as const;
const errors = { denied: 'no_error', failed: 'calling_webhook_error', 'not-dry': 'apiserver_internal_error' } as const;
