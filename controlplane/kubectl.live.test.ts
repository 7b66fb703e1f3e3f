// Every kubectl against the real server of this process: what people do before any node is there.

import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import test from 'ava';
import { createClock } from '#lib/clock.ts';
import { exec } from '#lib/exec.ts';
import { createSilentLog } from '#lib/log.ts';
import { runServer } from './main.ts';

const end = new AbortController();
let directory = '';
let stopped: Promise<void>;

test.before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'skiff-kubectl-'));
  const ready = Promise.withResolvers<number>();
  stopped = runServer(
    { dataDir: directory, bindAddress: '127.0.0.1', securePort: 0, advertiseAddress: '192.0.2.1' },
    { clock: createClock(), log: createSilentLog(), signal: end.signal, onReady: ready.resolve },
  );
  const port = await Promise.race([ready.promise, stopped.then(() => 0)]);
  // The port is known only now. The server keeps its own file as it wants it: this is another.
  const config = await readFile(join(directory, 'admin.conf'), 'utf8');
  await writeFile(join(directory, 'kubeconfig'), config.replace('https://127.0.0.1:0', `https://127.0.0.1:${port}`));
});

test.after.always(async () => {
  end.abort();
  await stopped;
  await rm(directory, { recursive: true });
});

const manifest = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {app: demo}}
data: {colour: blue}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: demo}}
spec:
  replicas: 2
  selector: {matchLabels: {app: demo}}
  template:
    metadata: {labels: {app: demo}}
    spec:
      containers: [{name: c, image: example.test/image:1}]
`;

/** What kubectl says of itself, whatever the server. */
const ownWarning = /^(WARNING: version difference|Warning: deleting cluster-scoped)/;

/** Beside the kubectl in PATH stand those of other versions. */
const folder = kubectlFolder();
const versions = readdirSync(folder).flatMap((name) => /^kubectl\.(1\.\d+)$/.exec(name)?.[1] ?? []);

function kubectlFolder(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.find((one) => existsSync(join(one, 'kubectl')));
  if (found === undefined) throw new Error('No kubectl in PATH: apt-get install kubernetes-client');
  return dirname(realpathSync(join(found, 'kubectl')));
}

test('there is a kubectl to try', (t) => {
  t.true(versions.length > 0);
});

for (const version of versions) {
  test(`kubectl ${version} finds its way`, async (t) => {
    const namespace = `v${version.replace('.', '-')}`;
    const cache = join(directory, `cache-${version}`);
    const run = async (words: string, input?: string) => {
      const args = [`--kubeconfig=${directory}/kubeconfig`, `--cache-dir=${cache}`, `--namespace=${namespace}`];
      const options = input === undefined ? {} : { input };
      const { stdout, stderr } = await exec(
        join(folder, `kubectl.${version}`),
        [...args, ...words.split(' ')],
        end.signal,
        options,
      );
      const said = stderr.split('\n').filter((line) => line !== '' && !ownWarning.test(line));
      t.deepEqual(said, [], words);
      return stdout;
    };
    t.regex(await run('version --output=json'), /"gitVersion": "v1\.37\.0\+skiff/);
    t.regex(await run('api-resources'), /deployments +deploy +apps\/v1 +true +Deployment/);
    await run(`create namespace ${namespace}`);
    t.is(
      await run('apply --validate=strict -f -', manifest),
      'configmap/settings created\ndeployment.apps/web created\n',
    );
    t.is(await run('apply -f -', manifest), 'configmap/settings unchanged\ndeployment.apps/web unchanged\n');
    t.is(await run('get configmap settings -o jsonpath={.data.colour}'), 'blue');
    t.is(await run('get deployment -l app=demo -o name'), 'deployment.apps/web\n');
    t.regex(await run('get deployment web -o yaml'), /^apiVersion: apps\/v1\nkind: Deployment\n/);
    t.regex(await run('describe configmap settings'), /colour:\n-{4}\nblue\n/);
    t.regex(await run('describe deployment web'), /Replicas: +2 desired/);
    t.is(await run('scale deployment web --replicas=3'), 'deployment.apps/web scaled\n');
    t.is(await run('get deployment web -o jsonpath={.spec.replicas}'), '3');
    t.is(await run('label configmap settings more=yes'), 'configmap/settings labeled\n');
    t.is(await run('auth can-i create pods'), 'yes\n');
    t.regex(await run('explain deployment.spec.replicas'), /replicas/);
    t.is(await run('delete deployment web --wait=false'), `deployment.apps "web" deleted\n`);
    t.regex(await run('get events'), /ScalingReplicaSet/);
    await run(`delete namespace ${namespace}`);
  });
}
