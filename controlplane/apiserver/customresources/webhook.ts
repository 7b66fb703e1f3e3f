// Conversion between versions by a webhook. Rule: CustomResourceDefinition versions, "Webhook request and response".
import { randomUUID } from 'node:crypto';
import { parseJson } from '#lib/api/json/parse.ts';
import { isSame } from '#lib/api/kinds/equal.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { services } from '#lib/api/resources.ts';
import { failure, type StatusError } from '#lib/api/status.ts';
import type { ConversionResponse, WebhookClientConfig } from '#lib/api/types/apiextensions.v1.ts';
import type { Registry } from '../registry/registry.ts';
import type { Convert } from './conversion.ts';
import { type Endpoint, postJson } from './post.ts';
import { acceptedNames, type Definition } from './resource.ts';

/** Undefined: versions of `definition` differ by name alone. */
export function createConverter(definition: Definition, registry: Registry): Convert | undefined {
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
    let text: string;
    try {
      text = await postJson(endpointOf(clientConfig ?? {}, registry), JSON.stringify(review, bigints), signal);
    } catch (error) {
      throw fail((error as Error).message);
    }
    const response = readResponse(text);
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

function readResponse(text: string): ConversionResponse | undefined {
  try {
    const { value } = parseJson(text);
    return (value as { readonly response?: ConversionResponse } | null)?.response;
  } catch {
    return undefined;
  }
}

/** Where the webhook is: a Service is reached under its cluster address, by the name that its certificate bears. */
function endpointOf({ url, service, caBundle }: Partial<WebhookClientConfig>, registry: Registry): Endpoint {
  const ca = caBundle ? { ca: Buffer.from(caBundle, 'base64').toString() } : {};
  if (service === undefined) {
    const { hostname, port, pathname, search } = new URL(url ?? '');
    return { host: hostname, port: Number(port || 443), serverName: hostname, path: pathname + search, ...ca };
  }
  const { namespace, name, port = 443, path = '/' } = service;
  const found = registry.reader(services).get(`${namespace}/${name}`);
  if (found === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
  const host = found.spec?.clusterIP ?? '';
  if (host === '' || host === 'None') throw new Error(`service ${JSON.stringify(name)} has no cluster address`);
  if (!found.spec?.ports?.some((one) => one.port === port)) {
    throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
  }
  return { host, port, serverName: `${name}.${namespace}.svc`, path: path.startsWith('/') ? path : `/${path}`, ...ca };
}

/** Integers that no number holds are written as what they are in text: the other side reads them as integers. */
function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
