import { randomUUID } from 'node:crypto';
import type { KubeObject } from '#lib/api/resource.ts';
import { StatusError } from '#lib/api/status.ts';
import type { AdmissionResponse, AdmissionReview } from '#lib/api/types/admission.v1.ts';
import type { Log } from '#lib/log.ts';
import type { Attributes } from '../admission.ts';
import type { CallWebhook } from './call.ts';
import type { Hook } from './hooks.ts';
import type { Match } from './match.ts';
import type { WebhookMetrics, WebhookOutcome } from './metrics.ts';
import { denied, failedCalling, noDryRun } from './refusals.ts';
import { renderReview, reviewVersion, verdictOf } from './review.ts';

export interface AskOptions {
  readonly call: CallWebhook;
  readonly metrics: WebhookMetrics;
  readonly log: Log;
}

export interface Question {
  readonly hook: Hook;
  readonly match: Match;
  readonly attributes: Attributes;
  readonly isMutating: boolean;
}

/**
 * What the webhook says, if it allows; undefined where it could not be asked and does not matter enough.
 * @throws {StatusError} if it says no, or could not be asked and must be
 */
export async function ask(
  question: Question,
  { call, metrics, log }: AskOptions,
  signal: AbortSignal,
): Promise<AdmissionResponse | undefined> {
  const { hook, attributes, isMutating } = question;
  const { name, sideEffects, failurePolicy } = hook.webhook;
  const fromMs = performance.now();
  const count = (outcome: WebhookOutcome) => {
    const { operation } = attributes;
    metrics.answered({ name, operation, isMutating, tookMs: performance.now() - fromMs }, outcome);
  };
  if (attributes.isDryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') {
    count({ is: 'not-dry' });
    throw noDryRun(name);
  }
  let response: AdmissionResponse;
  try {
    response = await converse(question, call, signal);
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    count({ is: 'failed', isIgnored: failurePolicy === 'Ignore' });
    if (failurePolicy !== 'Ignore') throw failedCalling(name, why);
    log.warn('Failed calling webhook, failing open', { webhook: name, err: error });
    return undefined;
  }
  for (const warning of response.warnings ?? []) attributes.warn(warning);
  if (!response.allowed) {
    const refusal = denied(name, response.status);
    count({ is: 'denied', code: refusal.status.code ?? 0 });
    throw refusal;
  }
  count({ is: 'allowed' });
  return response;
}

async function converse(
  { hook, match, attributes, isMutating }: Question,
  call: CallWebhook,
  signal: AbortSignal,
): Promise<AdmissionResponse> {
  const { clientConfig = {}, admissionReviewVersions = [], timeoutSeconds = 10 } = hook.webhook;
  const version = reviewVersion(admissionReviewVersions);
  if (version === undefined) throw new Error('webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  const uid = randomUUID();
  const seen = async (object: KubeObject | undefined) =>
    object === undefined || match.as === 'itself' ? object : match.equivalent.to(object);
  const object = await seen(attributes.object);
  const body = renderReview({
    attributes,
    match,
    object,
    oldObject: await seen(attributes.oldObject),
    uid,
    version,
  });
  const review = await call({ config: clientConfig, body, timeoutSeconds }, signal).catch((error: unknown) => {
    const why = error instanceof StatusError || error instanceof Error ? error.message : String(error);
    throw new Error(`failed to call webhook: ${why}`, { cause: error });
  });
  return verdictOf(review as AdmissionReview, uid, version, isMutating);
}
