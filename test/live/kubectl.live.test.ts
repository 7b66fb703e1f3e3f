// What people do with kubectl all day, by each version of it that is on the machine.
import { on } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { request } from 'undici';
import { eventually, testCluster } from './cluster.ts';
import { allKubectls, type Kubectl, ok, run } from './kubectl.ts';

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: skiff.local/tools:1
        command: [sh, -c, 'mkdir -p /tmp/www; echo hi >/tmp/www/index.html; echo ready; httpd -f -p 80 -h /tmp/www']
        ports: [{name: http, containerPort: 80}]
        resources: {requests: {cpu: 10m, memory: 16Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: green}
`;

for (const kubectl of allKubectls()) {
  test.serial(`kubectl ${kubectl.version}: a day's work`, (t) => day(t, kubectl));
}

async function day(t: ExecutionContext, kubectl: Kubectl): Promise<void> {
  t.timeout(180_000);
  const namespace = `kubectl-${kubectl.version.replace('.', '-')}`;
  const k = (...words: string[]) => ok(kubectl, ['-n', namespace, ...words]);
  const folder = mkdtempSync('/tmp/skiff-kubectl.');
  try {
    await ok(kubectl, ['create', 'namespace', namespace]);
    const applied = await ok(kubectl, ['-n', namespace, 'apply', '-f', '-'], { input: manifest });
    t.is(applied, 'deployment.apps/web created\nservice/web created\nconfigmap/settings created');
    const again = await ok(kubectl, ['-n', namespace, 'apply', '-f', '-'], { input: manifest });
    t.is(again, 'deployment.apps/web unchanged\nservice/web unchanged\nconfigmap/settings unchanged');
    const green = await ok(kubectl, ['-n', namespace, 'apply', '-f', '-'], {
      input: manifest.replace('green', 'blue'),
    });
    t.regex(green, /configmap\/settings configured/);

    t.regex(await k('rollout', 'status', 'deployment/web', '--timeout=60s'), /successfully rolled out/);
    t.regex(await k('wait', 'deployment/web', '--for=condition=Available', '--timeout=30s'), /condition met/);
    await gets(t, k);
    t.regex(await k('describe', 'deployment', 'web'), /Replicas:\s+1 desired \| 1 updated \| 1 total \| 1 available/);
    const pod = (await k('get', 'pods', '-o', 'name')).trim().replace('pod/', '');
    const described = await k('describe', 'pod', pod);
    t.regex(described, /Status:\s+Running/);
    t.regex(described, /Started container web|Container started/);
    t.regex(described, /Successfully assigned/);
    t.regex(await k('describe', 'node', 'node1'), /Ready\s+True/);
    await streams(t, kubectl, namespace, pod, folder);

    await k('scale', 'deployment/web', '--replicas=2');
    t.regex(await k('rollout', 'status', 'deployment/web', '--timeout=60s'), /successfully rolled out/);
    t.is((await k('get', 'pods', '-o', 'name')).trim().split('\n').length, 2);
    t.is(await k('get', 'configmap', 'settings', '-o', 'jsonpath={.data.colour}'), 'blue');

    t.regex(await k('explain', 'pod.spec.containers.image'), /FIELD:\s+image/);
    t.regex(await k('explain', 'deployment'), /KIND:\s+Deployment/);
    const resources = await k('api-resources');
    for (const name of ['pods', 'deployments', 'endpointslices', 'customresourcedefinitions'])
      t.true(resources.includes(name));
    t.regex((await run(kubectl, ['version'])).stdout, /Server Version:.*v1\.37\.0\+skiff/);
    const deleted = await k('delete', 'deployment/web', 'service/web', 'configmap/settings');
    t.regex(deleted, /^deployment\.apps "web" deleted.*\nservice "web" deleted.*\nconfigmap "settings" deleted/);
    await k('wait', 'pod', '-l', 'app=web', '--for=delete', '--timeout=60s');
    await ok(kubectl, ['delete', 'namespace', namespace, '--timeout=60s']);
  } finally {
    rmSync(folder, { recursive: true });
    await run(kubectl, ['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
  }
}

async function gets(t: ExecutionContext, k: (...words: string[]) => Promise<string>): Promise<void> {
  t.regex(await k('get', 'deployments'), /NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nweb\s+1\/1\s+1\s+1\s+\d+s/);
  const wide = await k('get', 'pods', '-o', 'wide');
  t.regex(wide, /^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE\s+NOMINATED NODE\s+READINESS GATES\n/);
  t.regex(wide, /web-[a-z0-9]+-[a-z0-9]{5}\s+1\/1\s+Running\s+0\s+\S+\s+10\.244\.\d+\.\d+\s+node\d\s+<none>\s+<none>/);
  t.regex(await k('get', 'services'), /web\s+ClusterIP\s+10\.\d+\.\d+\.\d+\s+<none>\s+80\/TCP/);
  t.regex(
    await k('get', 'nodes', '-o', 'wide'),
    /node1\s+Ready\s+<none>\s+\S+\s+v1\.37\.0\S*\s+10\.89\.0\.11\s+<none>\s+.*containerd:\/\//,
  );
  t.regex(await k('get', 'pods', '-o', 'yaml'), /kind: List/);
  t.is((await k('get', 'pods', '-o', 'jsonpath={.items[*].status.phase}')).trim(), 'Running');
  t.regex(await k('get', 'all'), /replicaset\.apps\/web-/);
}

/** logs -f, exec, exec -it on a real terminal, cp both ways, port-forward. */
async function streams(
  t: ExecutionContext,
  kubectl: Kubectl,
  namespace: string,
  pod: string,
  folder: string,
): Promise<void> {
  const k = (...words: string[]) => ok(kubectl, ['-n', namespace, ...words]);
  t.is(await k('logs', pod), 'ready');
  const follow = execa(kubectl.path, ['-n', namespace, 'logs', '-f', pod], {
    env: { KUBECONFIG: testCluster().kubeconfig },
    reject: false,
  });
  const first = await firstLine(follow.stdout);
  t.is(first, 'ready');
  follow.kill();
  await follow;

  t.is(await k('exec', pod, '--', 'echo', 'from within'), 'from within');
  const failed = await run(kubectl, ['-n', namespace, 'exec', pod, '--', 'sh', '-c', 'exit 3']);
  t.is(failed.code, 3);
  t.is(
    (await run(kubectl, ['-n', namespace, 'exec', '-i', pod, '--', 'cat'], { input: 'to and fro' })).stdout,
    'to and fro',
  );
  t.regex(await onTerminal(kubectl, namespace, pod), /33 101[\s\S]*goodbye/);

  writeFileSync(`${folder}/there`, 'carried over\n');
  await k('cp', `${folder}/there`, `${pod}:/tmp/there`);
  t.is(await k('exec', pod, '--', 'cat', '/tmp/there'), 'carried over');
  await run(kubectl, ['-n', namespace, 'cp', `${pod}:/tmp/there`, `${folder}/back`]);
  t.is(readFileSync(`${folder}/back`, 'utf8'), 'carried over\n');

  const forward = execa(kubectl.path, ['-n', namespace, 'port-forward', pod, ':80'], {
    env: { KUBECONFIG: testCluster().kubeconfig },
    reject: false,
  });
  const line = await firstLine(forward.stdout);
  const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
  for (const _ of [1, 2]) {
    const answer = await request(`http://127.0.0.1:${port}/`);
    t.is(await answer.body.text(), 'hi\n');
  }
  forward.kill();
  await forward;
}

/** The first line that a program writes, while it goes on. */
async function firstLine(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of on(stream, 'data')) {
    text += String(chunk);
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  return text;
}

/** `exec -it` under a pseudo terminal of 33 rows and 101 columns: asks for its size, then leaves. */
async function onTerminal(kubectl: Kubectl, namespace: string, pod: string): Promise<string> {
  const { spawn } = await import('node-pty');
  const terminal = spawn(kubectl.path, ['-n', namespace, 'exec', '-it', pod, '--', 'sh'], {
    rows: 33,
    cols: 101,
    env: { ...process.env, KUBECONFIG: testCluster().kubeconfig } as Record<string, string>,
  });
  let screen = '';
  let hasEnded = false;
  terminal.onData((text) => {
    screen += text;
  });
  terminal.onExit(() => {
    hasEnded = true;
  });
  await eventually('a prompt', async () => /[#$] /.test(screen));
  await eventually('the size of the terminal', async () => {
    if (/33 101/.test(screen)) return true;
    terminal.write('stty size\r');
    await new Promise((resolve) => setTimeout(resolve, 200));
    return false;
  });
  terminal.write('echo good""bye; exit\r');
  await eventually('the end of the shell', async () => hasEnded);
  return screen;
}
