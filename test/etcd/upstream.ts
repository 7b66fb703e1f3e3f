// `npm run etcd:upstream`: Kubernetes' own API server (v1.20.2) and Skiff on one etcd,
// first side by side, then each alone on what the other has stored. Ends with what was compared, and what differs.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { createClock } from '#lib/clock.ts';
import { freePort } from '#lib/free-port.ts';
import { startTestEtcd } from '../../controlplane/store/etcd/testing.ts';
import { ensureComponents } from '../conformance/suite.ts';
import { home } from '../lab.ts';

const binary = `${await ensureComponents((line) => process.stdout.write(`${line}\n`))}/kube-apiserver`;
const folder = mkdtempSync('/tmp/skiff-upstream.');
const clock = createClock();
const signal = AbortSignal.timeout(100_000);
const etcd = await startTestEtcd(clock);
const ports = { skiff: await freePort(), upstream: await freePort() };
const configs = { skiff: `${folder}/server/admin.conf`, upstream: `${folder}/upstream.conf` };
type Name = keyof typeof ports;
const running = new Map<Name, ChildProcess>();
/** What v1.20 knows of the kinds that became stable after it. */
const older =
  'endpointslices.discovery.k8s.io=v1beta1,cronjobs.batch=v1beta1,poddisruptionbudgets.policy=v1beta1,horizontalpodautoscalers.autoscaling=v2beta2';

function start(name: Name): Promise<void> {
  const log = openSync(`${folder}/${name}.log`, 'a');
  const [file, ...words] = name === 'skiff' ? skiffWords() : upstreamWords();
  running.set(name, spawn(file!, words, { stdio: ['ignore', log, log] }));
  return ready(name);
}

function skiffWords(): readonly string[] {
  return [
    process.execPath,
    `${home}/cli/main.ts`,
    'server',
    `--data-dir=${folder}/server`,
    '--bind-address=127.0.0.1',
    '--advertise-address=192.0.2.1',
    `--secure-port=${ports.skiff}`,
    `--etcd-servers=${etcd.url}`,
    `--etcd-storage-versions=${older}`,
  ];
}

function upstreamWords(): readonly string[] {
  const pki = `${folder}/server/pki`;
  const issuer = 'https://kubernetes.default.svc.cluster.local';
  writeFileSync(configs.upstream, readFileSync(configs.skiff, 'utf8').replace(`:${ports.skiff}`, `:${ports.upstream}`));
  return [
    binary,
    `--etcd-servers=${etcd.url}`,
    '--service-cluster-ip-range=10.96.0.0/12',
    '--bind-address=127.0.0.1',
    '--advertise-address=192.0.2.2',
    `--secure-port=${ports.upstream}`,
    `--cert-dir=${folder}`,
    `--tls-cert-file=${pki}/apiserver.crt`,
    `--tls-private-key-file=${pki}/apiserver.key`,
    `--client-ca-file=${pki}/ca.crt`,
    `--service-account-key-file=${pki}/sa.pub`,
    `--service-account-signing-key-file=${pki}/sa.key`,
    `--service-account-issuer=${issuer}`,
    `--api-audiences=${issuer}`,
    '--authorization-mode=Node,RBAC',
    '--allow-privileged',
  ];
}

async function stop(name: Name): Promise<void> {
  const child = running.get(name);
  running.delete(name);
  if (child === undefined || child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function kubectl(name: Name, ...words: readonly string[]): Promise<string> {
  const { stdout } = await execa('kubectl', ['--kubeconfig', configs[name], ...words], { cwd: import.meta.dirname });
  return stdout;
}

async function ready(name: Name): Promise<void> {
  for (;;) {
    if (running.get(name)?.exitCode != null)
      throw new Error(readFileSync(`${folder}/${name}.log`, 'utf8').slice(-2000));
    if (existsSync(configs[name]) && (await kubectl(name, 'get', '--raw', '/readyz').catch(() => '')) === 'ok') return;
    await clock.sleep(200, signal);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the server answers
type Any = any;

/** All objects of all kinds that both serve, by `group/version/plural/namespace/name`. */
async function objectsOf(name: Name, paths: readonly string[]): Promise<ReadonlyMap<string, Any>> {
  const found = new Map<string, Any>();
  for (const path of paths) {
    const list: Any = JSON.parse(await kubectl(name, 'get', '--raw', path));
    for (const item of list.items) found.set(`${path}/${item.metadata.namespace ?? ''}/${item.metadata.name}`, item);
  }
  return found;
}

async function listPaths(name: Name): Promise<readonly string[]> {
  const groups: Any = JSON.parse(await kubectl(name, 'get', '--raw', '/apis'));
  const versions = [
    '/api/v1',
    ...groups.groups.flatMap((one: Any) => one.versions.map((v: Any) => `/apis/${v.groupVersion}`)),
  ];
  const paths: string[] = [];
  for (const version of versions) {
    // Upstream's aggregator also names what only Skiff serves: that is not found.
    const { resources }: Any = JSON.parse(await kubectl(name, 'get', '--raw', version).catch(() => '{"resources":[]}'));
    for (const one of resources)
      if (one.verbs.includes('watch') && !one.name.includes('/')) paths.push(`${version}/${one.name}`);
  }
  return paths;
}

/** Changes all the time, or is made up by upstream's conversion from what is kept elsewhere. */
const isExcused = (row: string): boolean =>
  /\/leases\/kube-system\/|\/events\/|deprecated\.daemonset\.template\.generation/.test(row);

/** Where `part` says something that `whole` does not. */
function beyond(part: Any, whole: Any, at = ''): readonly string[] {
  if (Array.isArray(part) && Array.isArray(whole)) {
    return part.length === whole.length
      ? part.flatMap((item, i) => beyond(item, whole[i], `${at}[${i}]`))
      : [`${at}: length`];
  }
  if (typeof part === 'object' && part !== null && typeof whole === 'object' && whole !== null) {
    return Object.entries(part).flatMap(([key, value]) => beyond(value, whole[key], `${at}.${key}`));
  }
  if (part === whole || (part === null && whole === undefined)) return [];
  return [`${at}: ${JSON.stringify(part)} is ${JSON.stringify(whole)}`];
}

let differences = 0;
async function compare(title: string): Promise<void> {
  const theirs = await listPaths('upstream');
  const ours = new Set(await listPaths('skiff'));
  const both = theirs.filter((path) => ours.has(path));
  const [there, here] = [await objectsOf('upstream', both), await objectsOf('skiff', both)];
  const all: string[] = [];
  for (const [key, object] of there) {
    if (!here.has(key)) all.push(`${key}: only upstream shows it`);
    else all.push(...beyond(object, here.get(key)).map((row) => `${key} ${row}`));
  }
  for (const key of here.keys()) if (!there.has(key)) all.push(`${key}: only Skiff shows it`);
  const rows = all.filter((row) => !isExcused(row));
  differences += rows.length;
  process.stdout.write(`${title}: ${both.length} kinds, ${there.size} objects, ${rows.length} differences\n`);
  for (const row of rows) process.stdout.write(`  ${row}\n`);
}

try {
  await start('skiff');
  await kubectl('skiff', 'apply', '-f', 'objects.yaml', '-f', 'newer.yaml');
  await kubectl('skiff', 'wait', '--for=condition=Established', 'crd/widgets.example.com');
  await kubectl('skiff', 'apply', '-f', 'widget.yaml');
  await start('upstream');
  await clock.sleep(2000, signal);
  await compare('What Skiff wrote, on both');
  await kubectl(
    'upstream',
    '-n',
    'shared',
    'annotate',
    '--overwrite',
    'cm/settings',
    'deploy/web',
    'ing/web',
    'widget/one',
    'pdb/budget',
    'by=upstream',
  );
  await kubectl(
    'upstream',
    '-n',
    'shared',
    'annotate',
    'hpa/scaler',
    'cronjob/often',
    'endpointslice/slice',
    'pod/pod',
    'by=upstream',
  );
  await kubectl('upstream', 'annotate', 'crd/widgets.example.com', 'by=upstream');
  const moved = readFileSync(`${import.meta.dirname}/objects.yaml`, 'utf8')
    .replaceAll('shared', 'theirs')
    .replaceAll('widgets', 'gadgets')
    .replaceAll('widget', 'gadget')
    .replaceAll('Widget', 'Gadget');
  writeFileSync(`${folder}/theirs.yaml`, moved);
  await kubectl('upstream', 'apply', '-f', `${folder}/theirs.yaml`);
  await clock.sleep(2000, signal);
  await compare('What upstream wrote, on both');
  await stop('skiff');
  await start('skiff');
  await compare('After a start of Skiff on what upstream left');
  await stop('upstream');
  await kubectl('skiff', 'delete', 'ns', 'theirs');
  await start('upstream');
  await clock.sleep(2000, signal);
  await compare('After a start of upstream on what Skiff left');
} finally {
  await stop('upstream');
  await stop('skiff');
  await etcd.stop();
  if (differences === 0) rmSync(folder, { recursive: true, force: true });
  else process.stdout.write(`logs are in ${folder}\n`);
}
process.exit(differences > 0 ? 1 : 0);
