// Conversion between versions by a webhook. Rule: CustomResourceDefinition versions, "Webhook request and response".
import { randomUUID } from 'node:crypto';
import { isSame } from '#lib/api/kinds/equal.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { failure, type StatusError } from '#lib/api/status.ts';
import type { ConversionResponse } from '#lib/api/types/apiextensions.v1.ts';
import type { CallWebhook } from '../admission/webhooks/call.ts';
import type { Convert } from './conversion.ts';
import { acceptedNames, type Definition } from './resource.ts';

/** Undefined: versions of `definition` differ by name alone. */
export function createConverter(definition: Definition, call: CallWebhook): Convert | undefined {
  const { conversion, group } = definition.spec;
  if (conversion?.strategy !== 'Webhook') return undefined;
  const { clientConfig, conversionReviewVersions = [] } = conversion.webhook ?? {};
  const { kind } = acceptedNames(definition);
  const version = conversionReviewVersions.find((one) => one === 'v1' || one === 'v1beta1') ?? 'v1';

  return async (objects, desiredAPIVersion, signal) => {
    const uid = randomUUID();
    const review = {
      kind: 'ConversionReview',
      apiVersion: `apiextensions.k8s.io/${version}`,
      request: { uid, desiredAPIVersion, objects },
    };
    const from = objects[0]?.apiVersion ?? group;
    const fail = (why: string): StatusError => {
      const message = `conversion webhook for ${from}, Kind=${kind} failed: ${why}`;
      return failure('InternalError', message, { causes: [{ message }] });
    };
    let answer: unknown;
    try {
      answer = await call(
        { config: clientConfig ?? {}, body: JSON.stringify(review, bigints), timeoutSeconds },
        signal,
      );
    } catch (error) {
      throw fail((error as Error).message);
    }
    const response = readResponse(answer);
    if (response === undefined) throw fail('the answer is no ConversionReview with a response');
    if (response.uid !== uid)
      throw fail(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid)}`);
    if (response.result?.status !== 'Success') {
      throw fail(response.result?.message || 'no status message');
    }
    const converted = (response.convertedObjects ?? []) as readonly KubeObject[];
    if (converted.length !== objects.length) {
      throw fail(`expected ${objects.length} converted objects, got ${converted.length}`);
    }
    return converted.map((one, index) => checked(one, objects[index]!, { desiredAPIVersion, kind, fail }));
  };
}

interface Expected {
  readonly desiredAPIVersion: string;
  readonly kind: string;
  fail(why: string): StatusError;
}

/** Of the metadata a webhook may change labels and annotations only. */
function checked(converted: KubeObject, object: KubeObject, { desiredAPIVersion, kind, fail }: Expected): KubeObject {
  if (converted.apiVersion !== desiredAPIVersion || converted.kind !== kind) {
    const what = `${converted.apiVersion}, Kind=${converted.kind}`;
    throw fail(
      `invalid groupVersion or kind of a converted object: expected ${desiredAPIVersion}, Kind=${kind}, got ${what}`,
    );
  }
  const { labels, annotations, name, namespace, uid } = converted.metadata ?? {};
  const { labels: _labels, annotations: _annotations, ...rest } = object.metadata;
  if (name !== rest.name || namespace !== rest.namespace || !isSame(uid, rest.uid)) {
    throw fail('the converted object has another name, namespace or uid');
  }
  const metadata = {
    ...rest,
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { ...converted, metadata };
}

function readResponse(answer: unknown): ConversionResponse | undefined {
  return (answer as { readonly response?: ConversionResponse } | null)?.response;
}

/** Integers that no number holds are written as what they are in text: the other side reads them as integers. */
function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

const timeoutSeconds = 30;
