// A client that speaks protobuf for built-in kinds, as client-go and controller-runtime do: what it reads is what JSON says.
import test from 'ava';
import { decodeObject } from '#lib/api/json/decode.ts';
import { encodeObject } from '#lib/api/json/encode.ts';
import { decodeProtobuf, encodeProtobuf, protobufMediaType } from '#lib/api/protobuf/codec.ts';
import { resourceFacts, typeOfKind } from '#lib/api/schema.ts';
import type { Connection } from '#lib/client/connect.ts';
import type { TransportRequest } from '#lib/client/transport.ts';
import { connectToCluster } from './cluster.ts';
import { openPodLab, type PodLab, signal } from './pods.ts';

let lab: PodLab;
let connection: Connection;

test.before(async () => {
  lab = await openPodLab('protobuf');
  connection = await connectToCluster();
});
test.after.always(async () => {
  await connection?.[Symbol.asyncDispose]();
  await lab.close();
});

test('lists of every built-in kind say the same as in JSON', async (t) => {
  t.timeout(60_000);
  const listable = resourceFacts.filter(({ verbs }) => verbs.includes('list'));
  let compared = 0;
  for (const { group, version, kind, plural } of listable) {
    const type = typeOfKind(group, version, `${kind}List`)!;
    const path = `${group === '' ? `/api/${version}` : `/apis/${group}/${version}`}/${plural}`;
    const proto = decodeProtobuf(await body({ path, accept: protobufMediaType }), type);
    const json = decodeObject(await body({ path, accept: 'application/json' }), type).object;
    const said = byVersion(json);
    for (const [revision, item] of byVersion(proto)) {
      if (!said.has(revision)) continue; // changed in between
      const form = (object: Item) => encodeObject(object, typeOfKind(group, version, kind)).replaceAll(':[]', ':null');
      t.is(form(item), form(said.get(revision)!), path); // protobuf does not tell an empty list from none
      compared++;
    }
  }
  t.true(listable.length > 60 && compared > 100, `${listable.length} kinds, ${compared} objects`);
});

function byVersion(list: object): ReadonlyMap<string, Item> {
  return new Map(
    ((list as { items?: readonly Item[] }).items ?? []).map((item) => [item.metadata.resourceVersion, item]),
  );
}

interface Item {
  readonly metadata: { readonly resourceVersion: string };
}

test('list, watch, create, update, patch, apply and delete', async (t) => {
  t.timeout(60_000);
  const type = typeOfKind('apps', 'v1', 'Deployment')!;
  const path = `/apis/apps/v1/namespaces/${lab.namespace}/deployments`;
  const ask = async (request: Partial<TransportRequest> & { readonly contentType?: string }) =>
    decodeProtobuf(await body({ path, accept: protobufMediaType, ...request }), type) as unknown as Deployment;
  const stop = new AbortController();
  const seen = follow(path, stop.signal);

  const template = { metadata: { labels: { app: 'p' } }, spec: { containers: [{ name: 'main', image: 'x' }] } };
  const wanted = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'p', labels: { app: 'p' } },
    spec: { replicas: 0, selector: { matchLabels: { app: 'p' } }, template },
  };
  const made = await ask({ method: 'POST', body: encodeProtobuf(wanted, type), contentType: protobufMediaType });
  t.is(made.spec.template.spec.containers[0]!.terminationMessagePolicy, 'File'); // a default
  const one = `${path}/p`;
  for (let round = 1; round <= 20; round++) {
    const current = await ask({ path: one });
    const next = { ...current, metadata: { ...current.metadata, annotations: { round: `${round}` } } };
    const put = { method: 'PUT', path: one, body: encodeProtobuf(next, type), contentType: protobufMediaType };
    const { metadata } = await ask(put).catch(() => ask({ path: one })); // the controller wrote in between
    t.truthy(metadata.resourceVersion);
  }
  const strategic = 'application/strategic-merge-patch+json';
  const patch = JSON.stringify({ spec: { template: { spec: { containers: [{ name: 'main', image: 'y' }] } } } });
  const patched = await ask({ method: 'PATCH', path: one, body: patch, contentType: strategic });
  t.is(patched.spec.template.spec.containers[0]!.image, 'y');
  const applied = await ask({
    method: 'PATCH',
    path: `${one}?fieldManager=p&force=true`,
    body: JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'p', labels: { a: 'b' } } }),
    contentType: 'application/apply-patch+yaml',
  });
  t.like(applied.metadata.labels, { a: 'b', app: 'p' });
  await body({ method: 'DELETE', path: one, accept: protobufMediaType });
  const kinds = await seen;
  stop.abort();
  t.deepEqual([kinds[0], kinds.at(-1)], ['ADDED', 'DELETED']);
  t.true(kinds.length > 20);
});

interface Deployment {
  readonly metadata: { readonly resourceVersion: string; readonly labels: Record<string, string> };
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { image: string; terminationMessagePolicy: string }[] };
    };
  };
}

/** Types of a watch's events, up to the first deletion. */
async function follow(path: string, ends: AbortSignal): Promise<readonly string[]> {
  const accept = `${protobufMediaType};stream=watch`;
  const response = await connection.transport.request(
    { method: 'GET', path: `${path}?watch=1`, headers: { accept } },
    ends,
  );
  let pending = Buffer.alloc(0);
  const types: string[] = [];
  for await (const piece of response.body) {
    pending = Buffer.concat([pending, piece]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE(0)) {
      const frame = pending.subarray(4, 4 + pending.readUInt32BE(0));
      pending = pending.subarray(4 + frame.length);
      types.push(frame.subarray(2, 2 + frame[1]!).toString()); // field 1 of WatchEvent, a short text
      if (types.at(-1) === 'DELETED') return types;
    }
  }
  return types;
}

async function body(
  request: Partial<TransportRequest> & {
    readonly path: string;
    readonly accept: string;
    readonly contentType?: string;
  },
): Promise<Buffer> {
  const { method = 'GET', path, accept, contentType, body: sent } = request;
  const headers = { accept, ...(contentType === undefined ? {} : { 'content-type': contentType }) };
  const response = await connection.transport.request(
    { method, path, headers, ...(sent === undefined ? {} : { body: sent }) },
    signal(),
  );
  const bytes = Buffer.concat(await Array.fromAsync(response.body));
  if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${bytes.toString()}`);
  if (!String(response.headers['content-type']).startsWith(accept))
    throw new Error(`${path} came as ${response.headers['content-type']}`);
  return bytes;
}
