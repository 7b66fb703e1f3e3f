import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { decodeProtobuf, encodeProtobuf } from '#lib/api/protobuf/codec.ts';
import { typeNamed, typeOfKind } from '#lib/api/schema.ts';
import type { Pushed } from '../pushed.ts';
import { createLab, framesOf, take, textOf } from './testing.ts';

const configMap = (name: string, extra: object = {}) => ({ metadata: { name, ...extra }, data: { a: '1' } });
const at = (name: string) => ({ namespace: 'default', name });

test('create answers 201 with what a get gives afterwards', async (t) => {
  await using lab = await createLab();
  const made = await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') });
  t.is(made.code, 201);
  t.like(made.body, { kind: 'ConfigMap', apiVersion: 'v1', data: { a: '1' } });
  t.like(made.body.metadata, { name: 'a', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' });
  t.regex(made.body.metadata.resourceVersion, /^\d+$/);
  const got = await lab.ask('get', 'v1/configmaps', at('a'));
  t.is(got.code, 200);
  t.deepEqual(got.body, made.body);
});

test('create generates names, and refuses one that is taken', async (t) => {
  await using lab = await createLab();
  const made = await lab.ask('create', 'v1/configmaps', {
    namespace: 'default',
    body: { metadata: { generateName: 'x-' } },
  });
  t.regex(made.body.metadata.name, /^x-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') });
  const again = await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') });
  t.is(again.code, 409);
  t.is(again.body.reason, 'AlreadyExists');
  t.is(again.body.message, 'configmaps "a" already exists');
});

test('create refuses what does not belong there', async (t) => {
  await using lab = await createLab();
  const ask = (body: unknown, query = '') => lab.ask('create', 'v1/configmaps', { namespace: 'default', body, query });
  t.is(
    (await ask(configMap('a', { namespace: 'other' }))).body.message,
    'the namespace of the provided object does not match the namespace sent on the request',
  );
  t.is((await ask({ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a' } })).code, 400);
  t.is((await ask('{')).code, 400);
  t.is((await ask('[]')).code, 400);
  t.is((await ask(configMap('No_Name'))).code, 422);
  t.is((await ask(configMap(''))).code, 422);
  t.is((await ask(configMap('a', { resourceVersion: '1' }))).code, 500);
  t.is((await ask({ ...configMap('a'), foo: 1 }, 'fieldValidation=Strict')).code, 400);
  t.is((await ask(configMap('a'), 'dryRun=Some')).code, 422);
  const lease = { metadata: { name: 'big' }, spec: { holderIdentity: 'x'.repeat(2_000_000) } };
  t.is((await lab.ask('create', 'coordination.k8s.io/v1/leases', { namespace: 'default', body: lease })).code, 413);
  const warned = await ask({ ...configMap('warned'), foo: 1 });
  t.is(warned.code, 201);
  t.is(warned.headers['warning'], '299 - "unknown field \\"foo\\""');
});

test('a dry run stores nothing', async (t) => {
  await using lab = await createLab();
  const made = await lab.ask('create', 'v1/configmaps', {
    namespace: 'default',
    body: configMap('a'),
    query: 'dryRun=All',
  });
  t.is(made.code, 201);
  t.is(made.body.metadata.resourceVersion, undefined);
  t.is((await lab.ask('get', 'v1/configmaps', at('a'))).code, 404);
});

test('update replaces, keeps what is fixed, and sees conflicts', async (t) => {
  await using lab = await createLab();
  const { body: made } = await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') });
  const put = (body: unknown) => lab.ask('update', 'v1/configmaps', { ...at('a'), body });
  const changed = await put({ ...made, data: { a: '2' } });
  t.is(changed.code, 200);
  t.is(changed.body.metadata.uid, made.metadata.uid);
  t.not(changed.body.metadata.resourceVersion, made.metadata.resourceVersion);
  const stale = await put({ ...made, data: { a: '3' } });
  t.is(stale.code, 409);
  t.is(
    stale.body.message,
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  );
  const same = await put(changed.body);
  t.is(
    same.body.metadata.resourceVersion,
    changed.body.metadata.resourceVersion,
    'nothing changed, nothing is written',
  );
  t.is((await put({ metadata: { name: 'a' }, data: {} })).code, 200, 'without a version it overwrites');
  t.is((await put({ metadata: { name: 'b' } })).code, 400);
  t.is((await put({ metadata: { name: 'a', uid: 'other' } })).code, 409);
  t.is((await lab.ask('update', 'v1/configmaps', { ...at('none'), body: configMap('none') })).code, 404);
});

test('patch applies all three kinds', async (t) => {
  await using lab = await createLab();
  await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') });
  const patch = (body: unknown, contentType: string) =>
    lab.ask('patch', 'v1/configmaps', { ...at('a'), body, contentType });
  const merged = await patch({ data: { b: '2', a: null } }, 'application/merge-patch+json');
  t.deepEqual(merged.body.data, { b: '2' });
  const json = await patch([{ op: 'add', path: '/data/c', value: '3' }], 'application/json-patch+json');
  t.deepEqual(json.body.data, { b: '2', c: '3' });
  const strategic = await patch({ metadata: { labels: { x: 'y' } } }, 'application/strategic-merge-patch+json');
  t.deepEqual(strategic.body.metadata.labels, { x: 'y' });
  t.is((await patch({}, 'text/plain')).code, 415);
  t.is((await patch('{', 'application/merge-patch+json')).code, 400);
  t.is(
    (await patch({ metadata: { resourceVersion: '1' }, data: { z: '' } }, 'application/merge-patch+json')).code,
    409,
  );
});

test('many patches at once all take effect', async (t) => {
  await using lab = await createLab();
  await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') });
  const patches = Array.from({ length: 20 }, (_, i) =>
    lab.ask('patch', 'v1/configmaps', { ...at('a'), body: { data: { [`k${i}`]: 'v' } } }),
  );
  const answers = await Promise.all(patches);
  t.true(answers.every(({ code }) => code === 200));
  const { body } = await lab.ask('get', 'v1/configmaps', at('a'));
  t.is(Object.keys(body.data).length, 21);
});

test('delete removes, honours preconditions, and waits for finalizers', async (t) => {
  await using lab = await createLab();
  const { body: made } = await lab.ask('create', 'v1/configmaps', {
    namespace: 'default',
    body: configMap('a', { finalizers: ['x.io/y'] }),
  });
  const remove = (body?: unknown) => lab.ask('delete', 'v1/configmaps', { ...at('a'), body });
  t.is((await remove({ preconditions: { uid: 'other' } })).code, 409);
  const marked = await remove();
  t.is(marked.code, 200);
  t.is(marked.body.kind, 'ConfigMap');
  t.is(marked.body.metadata.deletionTimestamp, '2026-01-01T00:00:00Z');
  t.is(marked.body.metadata.deletionGracePeriodSeconds, 0);
  const { body: freed } = await lab.ask('patch', 'v1/configmaps', {
    ...at('a'),
    body: { metadata: { finalizers: null } },
  });
  t.is(freed.metadata.uid, made.metadata.uid);
  t.is((await lab.ask('get', 'v1/configmaps', at('a'))).code, 404);
  await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') });
  const gone = await remove({ kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' });
  t.like(gone.body, { kind: 'Status', status: 'Success', details: { name: 'a', kind: 'configmaps' } });
  t.is((await remove()).code, 404);
});

test('list selects, pages consistently, and tells what remains', async (t) => {
  await using lab = await createLab();
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    await lab.ask('create', 'v1/configmaps', {
      namespace: 'default',
      body: configMap(name, { labels: { even: String(name === 'b' || name === 'd') } }),
    });
  }
  await lab.ask('create', 'v1/configmaps', { namespace: 'other', body: configMap('a') });
  const list = (query: string, namespace?: string) =>
    lab.ask('list', 'v1/configmaps', { query, ...(namespace ? { namespace } : {}) });
  const names = ({ body }: { body: { items: { metadata: { name: string } }[] } }) =>
    body.items.map(({ metadata }) => metadata.name);
  const all = await list('');
  t.like(all.body, { kind: 'ConfigMapList', apiVersion: 'v1' });
  t.is(all.body.items[0].kind, undefined);
  t.is(all.body.items.length, 6);
  t.deepEqual(names(await list('labelSelector=even%3Dtrue')), ['b', 'd']);
  t.deepEqual(names(await list('fieldSelector=metadata.name%3Da')), ['a', 'a']);
  t.deepEqual(names(await list('fieldSelector=metadata.name%3Da', 'other')), ['a']);
  t.is((await list('fieldSelector=spec.foo%3Da')).code, 400);
  t.is((await list('labelSelector=%3D%3D')).code, 400);

  const first = await list('limit=2', 'default');
  t.deepEqual(names(first), ['a', 'b']);
  t.is(first.body.metadata.remainingItemCount, 3);
  await lab.ask('delete', 'v1/configmaps', at('c'));
  const rest = await list(`limit=10&continue=${first.body.metadata.continue}`, 'default');
  t.deepEqual(names(rest), ['c', 'd', 'e'], 'as it was when the list began');
  t.is(rest.body.metadata.resourceVersion, first.body.metadata.resourceVersion);

  await lab.store.compact(Number((await list('')).body.metadata.resourceVersion), new AbortController().signal);
  const expired = await list(`limit=10&continue=${first.body.metadata.continue}`, 'default');
  t.is(expired.code, 410);
  t.is(expired.body.reason, 'Expired');
  t.deepEqual(names(await list(`limit=10&continue=${expired.body.metadata.continue}`, 'default')), ['d', 'e']);
  t.is((await list('limit=1&continue=nonsense')).code, 400);
});

test('list at a version: exact, not older than, and those that are none', async (t) => {
  await using lab = await createLab();
  const made = await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') });
  const version = made.body.metadata.resourceVersion;
  await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('b') });
  const count = async (query: string) => (await lab.ask('list', 'v1/configmaps', { query })).body.items?.length;
  t.is(await count(`resourceVersion=${version}&resourceVersionMatch=Exact`), 1);
  t.is(await count(`resourceVersion=${version}&resourceVersionMatch=NotOlderThan`), 2);
  t.is(await count(`resourceVersion=${version}&limit=500`), 1);
  t.is(await count('resourceVersion=0&limit=1'), 2);
  const code = async (query: string) => (await lab.ask('list', 'v1/configmaps', { query })).code;
  t.is(await code('resourceVersion=abc'), 400);
  t.is(await code('resourceVersionMatch=Exact'), 422);
  t.is(await code('resourceVersion=0&resourceVersionMatch=Exact'), 422);
  const future = code('resourceVersion=999999');
  await lab.clock.advance(0);
  await lab.clock.advance(4000);
  t.is(await future, 504);
});

test('watch shows what is there, then each change, as the selector sees it', async (t) => {
  await using lab = await createLab();
  await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a', { labels: { on: 'yes' } }) });
  await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('b') });
  const stop = new AbortController();
  const query = 'labelSelector=on%3Dyes';
  const frames = framesOf(
    await lab.send('watch', 'v1/configmaps', { namespace: 'default', query, signal: stop.signal }),
  );
  const [first] = await take(frames, 1);
  t.like(first, { type: 'ADDED', object: { kind: 'ConfigMap', metadata: { name: 'a' } } });
  await lab.ask('patch', 'v1/configmaps', { ...at('b'), body: { metadata: { labels: { on: 'yes' } } } });
  await lab.ask('patch', 'v1/configmaps', { ...at('b'), body: { data: { x: 'y' } } });
  const { body: off } = await lab.ask('patch', 'v1/configmaps', {
    ...at('b'),
    body: { metadata: { labels: { on: 'no' } } },
  });
  await lab.ask('delete', 'v1/configmaps', at('a'));
  const seen = await take(frames, 4);
  t.deepEqual(
    seen.map(({ type, object }) => `${type} ${object.metadata.name}`),
    ['ADDED b', 'MODIFIED b', 'DELETED b', 'DELETED a'],
  );
  t.is(seen[2]!.object.metadata.labels.on, 'yes', 'the state that was last in sight');
  t.is(seen[2]!.object.metadata.resourceVersion, off.metadata.resourceVersion);
  stop.abort();
  t.deepEqual(await take(frames, 1), []);
});

test('watch resumes from a version, sends bookmarks, and ends by its timeout', async (t) => {
  await using lab = await createLab();
  const { body } = await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') });
  await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('b') });
  const query = `resourceVersion=${body.metadata.resourceVersion}&allowWatchBookmarks=true&timeoutSeconds=90`;
  const frames = framesOf(await lab.send('watch', 'v1/configmaps', { query }));
  t.is((await take(frames, 1))[0]?.object.metadata.name, 'b');
  await lab.ask('create', 'v1/secrets', { namespace: 'default', body: { metadata: { name: 's' } } });
  const next = take(frames, 1);
  await lab.clock.advance(70_000);
  const [bookmark] = await next;
  t.is(bookmark?.type, 'BOOKMARK');
  t.is(bookmark?.object.kind, 'ConfigMap');
  t.is(
    bookmark?.object.metadata.resourceVersion,
    String(await lab.store.currentRevision(new AbortController().signal)),
  );
  const end = take(frames, 1);
  await lab.clock.advance(30_000);
  t.deepEqual(await end, []);
});

test('watch with initial events ends them with a marked bookmark', async (t) => {
  await using lab = await createLab();
  await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') });
  const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const frames = framesOf(await lab.send('watch', 'v1/configmaps', { query }));
  const [added, bookmark] = await take(frames, 2);
  t.is(added?.type, 'ADDED');
  t.is(bookmark?.object.metadata.annotations['k8s.io/initial-events-end'], 'true');
  await frames.return(undefined);
});

test('Table and PartialObjectMetadata are made on demand', async (t) => {
  await using lab = await createLab();
  await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a', { labels: { x: 'y' } }) });
  const table = await lab.ask('list', 'v1/configmaps', { form: { as: 'table' } });
  t.like(table.body, { kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
  t.is(table.body.columnDefinitions[0].name, 'Name');
  t.is(table.body.rows[0].cells[0], 'a');
  t.is(table.body.rows[0].object.kind, 'PartialObjectMetadata');
  const list = await lab.ask('list', 'v1/configmaps', { form: { as: 'metadata' } });
  t.like(list.body, { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
  t.deepEqual(list.body.items[0].metadata.labels, { x: 'y' });
  t.is(list.body.items[0].data, undefined);
});

test('deletecollection removes what its selector sees', async (t) => {
  await using lab = await createLab();
  for (const name of ['a', 'b', 'c']) {
    await lab.ask('create', 'v1/configmaps', {
      namespace: 'default',
      body: configMap(name, { labels: { go: String(name !== 'c') } }),
    });
  }
  t.is(
    (await lab.ask('deletecollection', 'v1/configmaps', { namespace: 'default', query: 'labelSelector=go%3Dtrue' }))
      .code,
    200,
  );
  t.is((await lab.ask('list', 'v1/configmaps', {})).body.items.length, 1);
});

test('a large list comes in pieces and is whole', async (t) => {
  await using lab = await createLab();
  await Promise.all(
    Array.from({ length: 1201 }, (_, i) =>
      lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap(`n${i}`) }),
    ),
  );
  const { body } = await lab.send('list', 'v1/configmaps', {});
  t.false(body instanceof Uint8Array);
  const whole = JSON.parse(await textOf(body));
  t.is(whole.items.length, 1201);
  const names = whole.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
  const table = await lab.send('list', 'v1/configmaps', { form: { as: 'table' } });
  t.false(table.body instanceof Uint8Array);
  const { rows, columnDefinitions, metadata } = JSON.parse(await textOf(table.body));
  t.deepEqual(
    rows.map(({ cells }: { cells: readonly unknown[] }) => cells[0]),
    names,
  );
  t.deepEqual([columnDefinitions[0].name, metadata], ['Name', whole.metadata]);
  const parts = JSON.parse(await textOf((await lab.send('list', 'v1/configmaps', { form: { as: 'metadata' } })).body));
  t.deepEqual(
    parts.items.map((part: { metadata: { name: string } }) => part.metadata.name),
    names,
  );
  const form = { encoding: 'protobuf', as: 'metadata' } as const;
  const { body: bytes } = await lab.send('list', 'v1/configmaps', { form, query: 'limit=3' });
  const type = typeNamed('io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList');
  const decoded = decodeProtobuf(bytes as Uint8Array, type);
  t.deepEqual(Buffer.from(encodeProtobuf(decoded, type)), Buffer.from(bytes as Uint8Array));
  t.is((decoded as { items: readonly unknown[] }).items.length, 3);
});

test('a selector that has to look at all finds the same with a limit, page by page', async (t) => {
  await using lab = await createLab();
  for (let i = 0; i < 7; i++) {
    const labels = { odd: String(i % 2 === 1) };
    await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap(`n${i}`, { labels }) });
  }
  const page = async (query: string) => (await lab.ask('list', 'v1/configmaps', { query })).body;
  const first = await page('labelSelector=odd%3Dtrue&limit=2');
  t.deepEqual(names(first), ['n1', 'n3']);
  t.is(first.metadata.remainingItemCount, undefined);
  const next = await page(`labelSelector=odd%3Dtrue&limit=2&continue=${first.metadata.continue}`);
  t.deepEqual([names(next), next.metadata.continue], [['n5'], undefined]);
  const last = await page('labelSelector=odd%3Dtrue&limit=3');
  t.deepEqual([names(last), last.metadata.continue], [['n1', 'n3', 'n5'], undefined]);
  t.is((await page('limit=3')).metadata.remainingItemCount, 4);

  function names({ items }: { items: readonly { metadata: { name: string } }[] }): readonly string[] {
    return items.map(({ metadata }) => metadata.name);
  }
});

test('watches of one shape share what is encoded; each Table has its columns once', async (t) => {
  await using lab = await createLab();
  const made = await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') });
  const seen = async (form: object, query = 'resourceVersion=0') => {
    const pieces: Uint8Array[] = [];
    const { body } = await lab.send('watch', 'v1/configmaps', { form, query });
    const write = (some: readonly Uint8Array[]) => pieces.push(...some) > 0;
    (body as Pushed).start({ write, end() {}, fail: (error) => t.fail(String(error)) });
    return pieces;
  };
  const plain = [await seen({}), await seen({}, 'labelSelector=!x')];
  const other = await seen({ encoding: 'protobuf' });
  const tables = [
    await seen({ as: 'table' }),
    await seen({ as: 'table' }, `resourceVersion=${made.body.metadata.resourceVersion}`),
  ];
  for (const n of ['1', '2']) await lab.ask('patch', 'v1/configmaps', { ...at('a'), body: { data: { n } } });
  await lab.ask('get', 'v1/configmaps', at('a'));
  t.deepEqual(
    [...plain, other, ...tables].map(({ length }) => length),
    [3, 3, 3, 3, 2],
  );
  t.is(plain[0]![1], plain[1]![1]);
  t.not(plain[0]![1], other[1]);
  const columns = tables.map((frames) =>
    frames.map((frame) => JSON.parse(Buffer.from(frame).toString()).object.columnDefinitions?.length > 0),
  );
  t.deepEqual(columns, [
    [true, false, false],
    [true, false],
  ]);
});

test('one event is seen in both of its versions', async (t) => {
  await using lab = await createLab();
  const involvedObject = { kind: 'Pod', namespace: 'default', name: 'p' };
  await lab.ask('create', 'v1/events', {
    namespace: 'default',
    body: { metadata: { name: 'e' }, involvedObject, message: 'hello', reason: 'Why', type: 'Normal' },
  });
  const { body } = await lab.ask('get', 'events.k8s.io/v1/events', at('e'));
  t.like(body, { apiVersion: 'events.k8s.io/v1', note: 'hello', regarding: { name: 'p' } });
});

test('an event is found by the names that its version has', async (t) => {
  await using lab = await createLab();
  for (const name of ['p', 'q']) {
    const involvedObject = { kind: 'Pod', namespace: 'default', name };
    await lab.ask('create', 'v1/events', { namespace: 'default', body: { metadata: { name }, involvedObject } });
  }
  const list = async (resource: string, selector: string) => {
    const query = `fieldSelector=${encodeURIComponent(selector)}`;
    const { code, body } = await lab.ask('list', resource, { namespace: 'default', query });
    return code === 200 ? body.items.map((item: { metadata: { name: string } }) => item.metadata.name) : body.message;
  };
  t.deepEqual(await list('v1/events', 'involvedObject.name=p'), ['p']);
  t.deepEqual(await list('events.k8s.io/v1/events', 'regarding.name=q'), ['q']);
  t.regex(await list('v1/events', 'regarding.name=q'), /field label not supported: regarding\.name/);
  t.regex(await list('events.k8s.io/v1/events', 'involvedObject.name=p'), /field label not supported/);
});

test('protobuf goes in, and comes out as an object, a list and a watch', async (t) => {
  await using lab = await createLab();
  const type = typeOfKind('', 'v1', 'ConfigMap')!;
  const list = typeOfKind('', 'v1', 'ConfigMapList')!;
  const body = encodeProtobuf({ kind: 'ConfigMap', apiVersion: 'v1', ...configMap('a') }, type);
  const form = { encoding: 'protobuf' as const };
  const contentType = 'application/vnd.kubernetes.protobuf';
  const made = await lab.send('create', 'v1/configmaps', { namespace: 'default', body, contentType, form });
  t.is(made.headers['content-type'], contentType);
  t.like(decodeProtobuf(made.body as Uint8Array, type), { kind: 'ConfigMap', data: { a: '1' } });
  const listed = await lab.send('list', 'v1/configmaps', { form });
  t.is((decodeProtobuf(listed.body as Uint8Array, list)['items'] as unknown[]).length, 1);
  const watch = await lab.send('watch', 'v1/configmaps', { form });
  t.is(watch.headers['content-type'], `${contentType};stream=watch`);
  for await (const piece of watch.body as AsyncIterable<Uint8Array>) {
    t.is(Buffer.from(piece).readUInt32BE(0), piece.length - 4);
    break;
  }
});

test('events go an hour after they were last seen', async (t) => {
  await using lab = await createLab();
  await lab.clock.advance(0);
  await lab.ask('create', 'v1/events', { namespace: 'default', body: { metadata: { name: 'e' }, reason: 'Why' } });
  await lab.clock.advance(3_500_000);
  t.is((await lab.ask('get', 'v1/events', at('e'))).code, 200);
  await lab.clock.advance(200_000);
  t.is((await lab.ask('get', 'v1/events', at('e'))).code, 404);
});

test('what the watch of the store could not carry is found by loading again', async (t) => {
  await using lab = await createLab({ maxWaiting: 5 });
  await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('first') });
  const frames = framesOf(await lab.send('watch', 'v1/configmaps', { query: 'resourceVersion=1' }));
  const asked = Array.from({ length: 20 }, (_, i) =>
    lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap(`n${i}`) }),
  );
  const gone = lab.ask('delete', 'v1/configmaps', at('first'));
  await Promise.all([...asked, gone]);
  const list = lab.ask('list', 'v1/configmaps', {});
  await lab.clock.advance(0);
  await lab.clock.advance(100);
  t.is((await list).body.items.length, 20);
  const seen = await take(frames, 21);
  t.deepEqual(
    seen.filter(({ type }) => type === 'DELETED').map(({ object }) => object.metadata.name),
    ['first'],
  );
  const versions = seen.map(({ object }) => Number(object.metadata.resourceVersion));
  t.deepEqual(
    versions,
    versions.toSorted((a, b) => a - b),
  );
});

test('a watch goes on where it was before a restart', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-registry-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'a.db');
  let version = '';
  {
    await using before = await createLab({ path });
    version = (await before.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') })).body
      .metadata.resourceVersion;
    await before.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('b') });
    await before.ask('delete', 'v1/configmaps', at('a'));
  }
  await using after = await createLab({ path });
  const frames = framesOf(await after.send('watch', 'v1/configmaps', { query: `resourceVersion=${version}` }));
  const seen = await take(frames, 2);
  t.deepEqual(
    seen.map(({ type, object }) => `${type} ${object.metadata.name}`),
    ['ADDED b', 'DELETED a'],
  );
});

test('a client that does not read is let go', async (t) => {
  await using lab = await createLab();
  const frames = framesOf(await lab.send('watch', 'v1/configmaps', {}));
  const first = take(frames, 1);
  await lab.ask('create', 'v1/configmaps', { namespace: 'default', body: configMap('a') });
  await first;
  for (let i = 0; i < 105; i++) {
    await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        lab.store.commit(
          { key: `/registry/configmaps/default/${i}-${n}`, expected: 0, value },
          new AbortController().signal,
        ),
      ),
    );
  }
  t.deepEqual(await take(frames, 1), []);
});
const value = Buffer.from('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x","namespace":"default"}}');

test('deprecated resources say so', async (t) => {
  await using lab = await createLab();
  const { headers } = await lab.ask('list', 'v1/endpoints', {});
  t.is(headers['warning'], '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"');
});
