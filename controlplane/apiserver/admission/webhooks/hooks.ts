import { type Selector, selectorOf } from '#lib/api/selectors/labels.ts';
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '#lib/api/types/admissionregistration.v1.ts';
import type { CacheReader } from '../../registry/registry.ts';

/** One webhook with what is computed of it once. */
export interface Hook {
  /** Of its configuration, its place there, and its version: another one after every change. */
  readonly id: string;
  readonly webhook: MutatingWebhook & ValidatingWebhook;
  readonly namespaceSelector: Selector;
  readonly objectSelector: Selector;
}

/** All webhooks in the order in which they are called: by name of their configuration, then as they stand in it. */
export function createHooks(
  reader: CacheReader<MutatingWebhookConfiguration | ValidatingWebhookConfiguration>,
): () => readonly Hook[] {
  let known: readonly Hook[] | undefined;
  reader.onChange(() => {
    known = undefined;
  });
  return () => (known ??= reader.list().flatMap(hooksOf));
}

function hooksOf({
  metadata,
  webhooks = [],
}: MutatingWebhookConfiguration | ValidatingWebhookConfiguration): readonly Hook[] {
  return webhooks.map((webhook, index) => ({
    id: `${metadata.name}/${index}/${metadata.resourceVersion}`,
    webhook,
    namespaceSelector: selectorOf(webhook.namespaceSelector) ?? [],
    objectSelector: selectorOf(webhook.objectSelector) ?? [],
  }));
}
