// The whole API server in this process, asked over TLS: no request may make it fail.
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { encodeProtobuf } from '#lib/api/protobuf/codec.ts';
import { configMaps, customResourceDefinitions, namespaces, serviceCIDRs } from '#lib/api/resources.ts';
import { resourceFacts, typeOfKind } from '#lib/api/schema.ts';
import { startTestServer } from '../../controlplane/testing.ts';
import type { Random } from '../chaos/random.ts';
import { changedBytes, changedText, changedValue, someObject } from './make.ts';
import { examples } from './objects.ts';
import type { Target } from './target.ts';

export interface ServerTarget extends Target, AsyncDisposable {}

interface Wish {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export async function createServerTarget(): Promise<ServerTarget> {
  const server = await startTestServer();
  const { client, signal, directory, port } = server;
  const pki = (name: string) => readFile(join(directory, 'pki', name));
  const [ca, cert, key] = await Promise.all([pki('ca.crt'), pki('admin.crt'), pki('admin.key')]);
  const agent = new Agent({ keepAlive: true, maxSockets: 2, ca, cert, key });
  await client.create(namespaces, { metadata: { name: 'a' } }, signal);
  await client.create(configMaps, { metadata: { name: 'a', namespace: 'a' }, data: { x: 'y' } }, signal);
  await client.create(customResourceDefinitions, definition as never, signal);

  function send({ method, path, headers, body }: Wish): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, agent, method, path, headers }, (response) => {
        const status = response.statusCode ?? 0;
        if ((method === 'GET' && /[?&]watch=/.test(path)) || path.includes('/watch/') || status < 400) {
          outgoing.destroy(); // what is well is of no interest, and may never end
          resolve({ status, text: '' });
          return;
        }
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => resolve({ status, text: Buffer.concat(pieces).toString() }));
      });
      outgoing.setTimeout(mostMs, () => outgoing.destroy(new Error(`No answer in ${mostMs} ms`)));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  /** Whether a case took the Services' range away: upstream, too, answers 500 to who wants an address then. */
  async function isRangeGone(): Promise<boolean> {
    const { items } = await client.list(serviceCIDRs, {}, signal);
    return items.every(({ metadata }) => metadata.name !== 'kubernetes' || metadata.deletionTimestamp !== undefined);
  }

  return {
    name: 'server',
    async run(random) {
      const wish = someWish(random);
      const { status, text } = await send(wish).catch((error: NodeJS.ErrnoException) => {
        // What is no HTTP at all is refused here, not there.
        if (error.code?.startsWith('ERR_') || error.code === 'HPE_INVALID_CONSTANT') return { status: 400, text: '' };
        throw new Error(`${wish.method} ${wish.path}: ${error.message}`, { cause: error });
      });
      if (status >= 500 && !expected.test(text) && !(isFull.test(text) && (await isRangeGone())))
        throw new Error(
          `${wish.method} ${wish.path} ${wish.headers['content-type']}: ${status} ${text.slice(0, 600)} for ${String(wish.body).slice(0, 1500)}`,
        );
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      await server.close();
    },
  };
}
const mostMs = 10_000;
/** There is no node but what cases make, which has no address, and nobody behind Services: who asks for them is told so. */
const expected =
  /no endpoints available|error trying to reach service|is currently unable to handle|nodes? "[^"]*" not found|dial tcp|address not allowed|no preferred addresses found/;
const isFull = /failed to allocate a serviceIP: range is full/;

const definition = {
  ...examples.find(({ kind }) => kind === 'CustomResourceDefinition'),
};

const subresources = [
  '',
  '',
  '',
  '',
  '/status',
  '/scale',
  '/proxy',
  '/log',
  '/exec',
  '/eviction',
  '/binding',
  '/token',
  '/finalize',
  '/approval',
  '/ephemeralcontainers',
  '/resize',
  '/other',
];
const queries = [
  'limit=1',
  'continue=x',
  'resourceVersion=1',
  'resourceVersionMatch=Exact',
  'fieldSelector=metadata.name=a',
  'labelSelector=a in (b)',
  'watch=1&timeoutSeconds=1',
  'dryRun=All',
  'fieldManager=a',
  'force=true',
  'fieldValidation=Strict',
  'pretty=true',
  'propagationPolicy=Orphan',
  'gracePeriodSeconds=0',
  'timeoutSeconds=x',
  'sendInitialEvents=true&allowWatchBookmarks=true',
];
const contentTypes = [
  'application/json',
  'application/yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'application/vnd.kubernetes.protobuf',
  'application/cbor',
  'text/plain',
  '',
];
const accepts = [
  'application/json',
  '*/*',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Table;g=meta.k8s.io;v=v1',
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
];
const tokens = ['/', '..', '%2e', '%2f', '%00', '?', '&', '=', ':', 'x', '__proto__'];

function someWish(random: Random): Wish {
  const example = random.pick(examples);
  const facts =
    random.next() < 0.5 ? resourceFacts.find(({ kind }) => kind === example['kind'])! : random.pick(resourceFacts);
  const base = facts.group === '' ? `/api/${facts.version}` : `/apis/${facts.group}/${facts.version}`;
  const inside =
    facts.scope === 'Namespaced' && random.next() < 0.9 ? `/namespaces/${random.pick(['a', 'a', 'b', 'default'])}` : '';
  const name = random.next() < 0.5 ? `/${random.pick(['a', 'd', 's', 'b', 'as.b.c'])}${random.pick(subresources)}` : '';
  const query = random.next() < 0.5 ? `?${[random.pick(queries), random.pick(queries)].join('&')}` : '';
  const plain = `${base}${inside}/${facts.plural}${name}`;
  const path = random.next() < 0.15 ? changedText(random, plain, tokens) : plain;
  const contentType = random.pick(contentTypes);
  return {
    method: random.pick(['GET', 'POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']),
    path: encodeURI(`${path}${query}`.toWellFormed()).replaceAll('%25', '%'),
    headers: {
      ...(contentType === '' ? {} : { 'content-type': contentType }),
      accept: random.pick(accepts),
    },
    body: someBody(random, example, contentType, facts),
  };
}

function someBody(
  random: Random,
  example: Readonly<Record<string, unknown>>,
  contentType: string,
  { group, version, kind }: { readonly group: string; readonly version: string; readonly kind: string },
): string | Uint8Array {
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const whole = {
    ...(example['kind'] === kind ? example : { metadata: { name: 'a' }, spec: someObject(random, 3) }),
    apiVersion,
    kind,
  };
  const value = random.next() < 0.7 ? changedValue(random, whole) : whole;
  if (contentType.endsWith('protobuf')) {
    const [own = '', ofGroup = ''] = String(example['apiVersion']).split('/').toReversed();
    return changedBytes(random, encodeProtobuf(example, typeOfKind(ofGroup, own, String(example['kind']))!));
  }
  if (contentType.startsWith('application/json-patch')) {
    return JSON.stringify([
      { op: random.pick(['add', 'remove', 'test']), path: `/${random.pick(['metadata', 'spec', 'data', ''])}`, value },
    ]);
  }
  const text = JSON.stringify(value) ?? '';
  return random.next() < 0.1 ? changedText(random, text, ['{', '"', ',', 'null', '\\u0000']) : text;
}
