// Run by server.live.test.ts inside the network of its containerd: one pod, and the kubelet's server for it.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCri } from '#cri/containerd.ts';
import { testImage } from '#cri/live.ts';
import { containerConfig, sandboxConfig } from '#cri/suite.ts';
import { nodes, pods, serviceAccounts } from '#lib/api/resources.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import { connect } from '#lib/client/connect.ts';
import { createInformer } from '#lib/client/informer.ts';
import { createClock } from '#lib/clock.ts';
import { createLog } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import { ensureNodePki } from '#lib/pki/node.ts';
import { containerLabels, podLabels } from '../pods/annotations.ts';
import { startKubeletServer } from './server.ts';

const [endpoint = '', directory = '', data = ''] = process.argv.slice(2);
setInterval(() => {}, 60_000); // a client alone keeps no process alive
const clock = createClock();
const log = createLog({ level: 'warn' });
const { signal } = new AbortController();
const admin = await connect(join(data, 'admin.conf'), { userAgent: 'test' });
const pki = await ensureNodePki({
  clusterDirectory: data,
  directory: join(directory, 'node'),
  nodeName: 'n1',
  names: ['127.0.0.1'],
  server: 'https://127.0.0.1:6443',
  nowMs: clock.now(),
});

// What will later come from the node's own reports.
await admin.client.create(nodes, { metadata: { name: 'n1' } }, signal);
const nodeStatus: Node['status'] = {
  addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
  daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
};
await admin.client.patch(nodes, { name: 'n1' }, { type: 'merge', body: { status: nodeStatus } }, signal, {
  subresource: 'status',
});
await admin.client
  .create(serviceAccounts, { metadata: { namespace: 'default', name: 'default' } }, signal)
  .catch(() => {}); // the controller was first
const made = await admin.client.create(
  pods,
  {
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      nodeName: 'n1',
      terminationGracePeriodSeconds: 0,
      containers: [
        { name: 'main', image: testImage, stdin: true },
        { name: 'term', image: testImage, stdin: true, tty: true },
      ],
    } as Pod['spec'],
  },
  signal,
);

const cri = await openCri(endpoint, clock);
const uid = made.metadata.uid!;
const sandbox = {
  ...sandboxConfig(uid),
  logDirectory: join(directory, 'logs'),
  labels: podLabels(made),
};
await mkdir(sandbox.logDirectory, { recursive: true });
const sandboxId = await cri.runtime.runSandbox(sandbox, '', signal);
const script = `
  mkdir -p /www && printf hello >/www/index.html && httpd -p 8080 -h /www
  echo started; echo problem >&2
  while read line; do echo "got $line"; test "$line" = quit && exit 0; done; sleep 3600`;
for (const [container, command] of [
  [made.spec.containers[0]!, script],
  [made.spec.containers[1]!, 'while read line; do echo "got $line"; done'],
] as const) {
  const { name, tty = false } = container;
  const config = {
    ...containerConfig(uid, testImage, command),
    metadata: { name, attempt: 0 },
    labels: containerLabels(made, container),
    logPath: `${name}.log`,
    stdin: true,
    tty,
  };
  const id = await cri.runtime.createContainer(sandboxId, config, sandbox, signal);
  await cri.runtime.startContainer(id, signal);
}
const now = timestamp(clock.now());
const body = {
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: now }],
    containerStatuses: ['main', 'term'].map((name) => ({
      name,
      ready: true,
      restartCount: 0,
      image: testImage,
      imageID: testImage,
      state: { running: { startedAt: now } },
    })),
  },
};
await admin.client.patch(pods, { namespace: 'default', name: 'web' }, { type: 'merge', body }, signal, {
  subresource: 'status',
});

const informer = createInformer({ client: admin.client, resource: pods, clock, log });
void informer.run(signal);
await informer.synced;
const kubelet = await connect(pki.kubeconfig, { userAgent: 'kubelet' });
const [cert, key, clientCa] = await Promise.all(
  [pki.servingCert, pki.servingKey, pki.clientCa].map((path) => readFile(path, 'utf8')),
);
await startKubeletServer(
  {
    nodeName: 'n1',
    tls: { cert: cert!, key: key!, clientCa: clientCa! },
    client: kubelet.client,
    pods: informer,
    runtime: cri.runtime,
    metrics: createMetrics(),
    clock,
    log,
  },
  signal,
);
// The tests ask for its first lines at once.
const soon = AbortSignal.timeout(60_000);
const hasBegun = (text: string) => text.includes(' started\n') && text.includes(' problem\n');
while (!hasBegun(await readFile(join(sandbox.logDirectory, 'main.log'), 'utf8'))) await clock.sleep(50, soon);
process.stdout.write('ready\n');
