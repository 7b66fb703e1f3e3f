// `skiff store`: backup of a server that runs, migration to etcd, and restore, as people do it.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import test from 'ava';
import { execa } from 'execa';
import { configMaps, namespaces, secrets } from '#lib/api/resources.ts';
import { type Connection, connect } from '#lib/client/connect.ts';
import { createClock } from '#lib/clock.ts';
import { freePort } from '#lib/free-port.ts';
import { startTestEtcd } from '../../controlplane/store/etcd/testing.ts';
import { home } from '../lab.ts';
import { eventually } from '../live/cluster.ts';

const clock = createClock();
const signal = new AbortController().signal;

interface Running extends AsyncDisposable {
  readonly connection: Connection;
}

async function serve(dataDir: string, more: readonly string[] = []): Promise<Running> {
  const words = [`--data-dir=${dataDir}`, '--bind-address=127.0.0.1', '--advertise-address=192.0.2.1'];
  const args = [`${home}/cli/main.ts`, 'server', ...words, `--secure-port=${await freePort()}`, ...more];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await using undo = new AsyncDisposableStack();
  undo.defer(async () => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(late);
  });
  const end = AbortSignal.timeout(60_000);
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}`);
    await clock.sleep(100, end);
    if (!existsSync(`${dataDir}/admin.conf`)) continue;
    const connection = await connect(`${dataDir}/admin.conf`);
    if ((await connection.client.raw('GET', '/readyz', end).catch(() => '')) === 'ok') {
      undo.use(connection);
      const running = undo.move();
      return { connection, [Symbol.asyncDispose]: () => running.disposeAsync() };
    }
    await connection[Symbol.asyncDispose]();
  }
}

/** A server is ready before its controllers have made what each namespace has of them: nothing comes after this. */
async function settle({ client }: Connection): Promise<void> {
  await eventually('the authority in each namespace', async () => {
    const names = (await client.list(namespaces, {}, signal)).items.map(({ metadata }) => metadata.name);
    const { items } = await client.list(configMaps, { fieldSelector: 'metadata.name=kube-root-ca.crt' }, signal);
    const having = items.map(({ metadata }) => metadata.namespace);
    const all = ['default', 'kube-node-lease', 'kube-public', 'kube-system', ...names];
    return all.every((name) => having.includes(name));
  });
}

async function skiff(...words: readonly string[]): Promise<string> {
  return (await execa(process.execPath, [`${home}/cli/main.ts`, 'store', ...words])).stdout;
}

async function namesAndUids({ client }: Connection): Promise<readonly string[]> {
  const all = [await client.list(configMaps, {}, signal), await client.list(secrets, {}, signal)];
  return all
    .flatMap(({ items }) => items.map(({ metadata }) => `${metadata.namespace}/${metadata.name} ${metadata.uid}`))
    .sort();
}

test('everything is saved from a running server, moved to etcd, and restored', async (t) => {
  const folder = mkdtempSync('/tmp/skiff-move.');
  const etcd = await startTestEtcd(clock);
  try {
    const at = `${folder}/server`;
    let before: readonly string[];
    let version: number;
    {
      await using server = await serve(at);
      const { client } = server.connection;
      for (let i = 0; i < 50; i++) {
        await client.create(
          configMaps,
          { metadata: { name: `m${i}`, namespace: 'default' }, data: { i: `${i}` } },
          signal,
        );
      }
      await client.create(secrets, { metadata: { name: 's', namespace: 'default' }, data: { k: 'dmFsdWU=' } }, signal);
      await t.throwsAsync(skiff('migrate', '--data-dir', at, '--etcd-servers', etcd.url), { message: /locked/ });
      await settle(server.connection);
      await skiff('backup', `${folder}/backup`, '--data-dir', at);
      t.is(statSync(`${folder}/backup`).mode & 0o777, 0o600);
      before = await namesAndUids(server.connection);
      version = Number((await client.list(configMaps, {}, signal)).metadata.resourceVersion);
    }
    t.regex(await skiff('migrate', '--data-dir', at, '--etcd-servers', etcd.url), /Moved \d\d\d objects/);
    {
      await using server = await serve(at, [`--etcd-servers=${etcd.url}`]);
      t.deepEqual(await namesAndUids(server.connection), before);
      const { metadata } = await server.connection.client.list(configMaps, {}, signal);
      t.true(Number(metadata.resourceVersion) > version, 'versions go on above those that were');
      const secret = await server.connection.client.get(secrets, { namespace: 'default', name: 's' }, signal);
      t.is(secret.data?.['k'], 'dmFsdWU=');
    }
    await t.throwsAsync(skiff('restore', `${folder}/backup`, '--etcd-servers', etcd.url), { message: /already/ });
    await execa('mkdir', [`${folder}/other`]);
    t.regex(await skiff('restore', `${folder}/backup`, '--data-dir', `${folder}/other`), /Restored \d\d\d objects/);
    await execa('cp', ['-r', `${at}/pki`, `${folder}/other/`]);
    await using restored = await serve(`${folder}/other`);
    t.deepEqual(await namesAndUids(restored.connection), before);
  } finally {
    await etcd.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('everything is moved to an etcd that the server runs itself, and others may join', async (t) => {
  const folder = mkdtempSync('/tmp/skiff-move.');
  const at = `${folder}/server`;
  const [client, peer] = [await freePort(), await freePort()];
  const place = [`--etcd-client-port=${client}`, `--etcd-peer-port=${peer}`, '--etcd-address=127.0.0.1'];
  const who = ['--own-node=one'];
  try {
    let before: readonly string[];
    {
      await using server = await serve(at);
      const object = { metadata: { name: 'kept', namespace: 'default' }, data: { a: 'b' } };
      await server.connection.client.create(configMaps, object, signal);
      await settle(server.connection);
      before = await namesAndUids(server.connection);
    }
    await t.throwsAsync(
      serve(at, ['--etcd', ...place]),
      { message: /ended with 1/ },
      'nothing is forgotten by mistake',
    );
    t.regex(await skiff('migrate', '--data-dir', at, '--etcd', ...place, ...who), /Moved \d+ objects/);
    await using server = await serve(at); // it knows by itself where its objects are now
    t.deepEqual(await namesAndUids(server.connection), before);
    const list = (await server.connection.client.raw('GET', '/skiff/servers', signal)) as readonly { name: string }[];
    t.deepEqual(
      list.map(({ name }) => name),
      ['one'],
    );
    await skiff('backup', `${folder}/backup`, '--data-dir', at);
    t.true(existsSync(`${folder}/backup`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
