// A machine joins the running cluster by a token, works as a node, renews its certificates, and is drained and removed.
import { readFileSync } from 'node:fs';
import test from 'ava';
import { execa } from 'execa';
import { certificateSigningRequests, deployments, nodes, pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Connection } from '#lib/client/connect.ts';
import { hasReason } from '#lib/errors.ts';
import { readHeld } from '#lib/pki/held.ts';
import { isReady } from '../../vagrant/lab/cluster.ts';
import { addMachine, type ExtraNode } from '../extra-node.ts';
import { home } from '../lab.ts';
import { connectToCluster, eventually, testCluster } from './cluster.ts';

const soon = () => AbortSignal.timeout(60_000);
const namespace = 'default';
const app = `join-${process.pid}`;
let connection: Connection;
let client: Client;
let machine: ExtraNode;

test.before(async () => {
  connection = await connectToCluster();
  ({ client } = connection);
  machine = await addMachine(testCluster().layout, AbortSignal.timeout(120_000));
});

test.after.always(async () => {
  await client.delete(deployments, { namespace, name: app }, soon()).catch(unlessGone);
  await machine[Symbol.asyncDispose]();
  await client.delete(nodes, { name: machine.node.name }, soon()).catch(unlessGone);
  await connection[Symbol.asyncDispose]();
});

/** `skiff ...words` on the host, as the cluster's administrator. */
async function skiff(...words: readonly string[]): Promise<string> {
  const { stdout } = await execa(`${home}/skiff`, words, {
    env: { KUBECONFIG: testCluster().kubeconfig },
    timeout: 60_000,
  });
  return stdout;
}

/** The words after `skiff`: as printed, or with another token or hash. */
async function joinWords(change: (line: string) => string = (line) => line): Promise<readonly string[]> {
  const line = await skiff('token', 'create', '--ttl', '10m', '--print-join-command');
  const { name, cgroupRoot, containerdSocket } = machine.node;
  return [
    ...change(line).split(' ').slice(1),
    `--node-name=${name}`,
    `--cgroup-root=${cgroupRoot}`,
    `--container-runtime-endpoint=unix://${containerdSocket}`,
  ];
}

for (const [what, change, words] of [
  ['secret', (line: string) => line.replace(/\.([a-z0-9]{16}) /, '.0000000000000000 '), /but with another secret/],
  [
    'token',
    (line: string) => line.replace(/[a-z0-9]{6}\.([a-z0-9]{16}) /, 'zzzzzz.$1 '),
    /does not know the token zzzzzz/,
  ],
  [
    'hash',
    (line: string) => line.replace(/sha256:[0-9a-f]{64}/, `sha256:${'0'.repeat(64)}`),
    /not the one that was meant/,
  ],
] as const) {
  test.serial(`skiff join refuses a wrong ${what} in clear words, and leaves nothing`, async (t) => {
    const error = await t.throwsAsync(machine.run([...(await joinWords(change)), '--no-start']));
    t.regex(error!.message, words);
    t.is(await readHeld(`${machine.node.dir}/kubelet/pki`, 'kubelet-client'), undefined);
  });
}

test.serial('skiff join makes a machine a Ready node', async (t) => {
  machine.start(await joinWords());
  const node = await eventually('the node to be Ready', async () => {
    const found = await client.get(nodes, { name: machine.node.name }, soon());
    return isReady(found) ? found : undefined;
  });
  t.is(node.status.addresses?.find(({ type }) => type === 'InternalIP')?.address, machine.node.ip);
  const { items } = await client.list(certificateSigningRequests, {}, soon());
  const own = items.filter(({ spec }) => spec.signerName === 'kubernetes.io/kube-apiserver-client-kubelet');
  t.true(own.some(({ spec }) => spec.username?.startsWith('system:bootstrap:')));
});

test.serial('a node that has joined runs pods, and serves their logs by a certificate of the cluster', async (t) => {
  const labels = { app };
  await client.create(
    deployments,
    {
      metadata: { name: app, namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            nodeSelector: { 'kubernetes.io/hostname': machine.node.name },
            terminationGracePeriodSeconds: 0,
            containers: [
              { name: 'main', image: 'skiff.local/tools:1', command: ['sh', '-c', 'echo here; sleep 3600'] },
            ],
          },
        },
      },
    } as never,
    soon(),
  );
  const pod = await runningPod();
  t.is(await firstWords(pod), 'here\n');
  const held = await readHeld(`${machine.node.dir}/kubelet/pki`, 'kubelet-server');
  t.deepEqual([held?.dnsNames, held?.ips], [[machine.node.name], [machine.node.ip]]);
});

function runningPod(): Promise<Pod> {
  return eventually('a running pod', async () => {
    const { items } = await client.list(pods, { namespace, labelSelector: `app=${app}` }, soon());
    return items.find(({ status }) => status.phase === 'Running');
  });
}

/** A container that runs need not have said anything yet. */
function firstWords({ metadata }: Pod): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name}/log`;
  return eventually('its log', async () => String(await client.raw('GET', path, soon())) || undefined);
}

test.serial('the agent of a node that has joined starts again without being told anything', async (t) => {
  await machine.stop();
  machine.start(['agent']);
  await eventually(
    'another start',
    async () => readFileSync(machine.logFile, 'utf8').split('"Started agent"').length >= 3,
  );
  t.true(isReady(await client.get(nodes, { name: machine.node.name }, soon())));
});

test.serial('a node whose address changes goes on at the new one, and serves by a certificate for it', async (t) => {
  const { networkNamespace: ns, ip, dir, name } = machine.node;
  const next = ip.replace(/\d+$/, (last) => String(Number(last) + 100));
  for (const words of [
    `addr del ${ip}/24 dev eth0`,
    `addr add ${next}/24 dev eth0`,
    'route replace default via 10.89.0.1',
  ])
    await execa('ip', ['-n', ns, ...words.split(' ')]);
  await eventually('the node to tell it', async () => {
    const { status } = await client.get(nodes, { name }, soon());
    return status.addresses?.some(({ type, address }) => type === 'InternalIP' && address === next);
  });
  const held = await eventually('a certificate for it', async () => {
    const found = await readHeld(`${dir}/kubelet/pki`, 'kubelet-server');
    return found?.ips.includes(next) ? found : undefined;
  });
  t.deepEqual(held.ips, [next]);
  const pod = await runningPod();
  t.is(await firstWords(pod), 'here\n');
  t.is(pod.status.containerStatuses?.[0]?.restartCount, 0);
});

test.serial('skiff node drain leaves it empty, and skiff node remove takes it out', async (t) => {
  const said = await skiff('node', 'drain', machine.node.name, '--timeout', '40s');
  t.regex(said, new RegExp(`Evicted default/${app}-`));
  const { items } = await client.list(pods, { fieldSelector: `spec.nodeName=${machine.node.name}` }, soon());
  t.deepEqual(
    items.filter(({ metadata }) => !metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet')),
    [],
  );
  await machine.stop();
  await skiff('node', 'remove', machine.node.name);
  const error = await t.throwsAsync(client.get(nodes, { name: machine.node.name }, soon()));
  t.true(hasReason(error, 'NotFound'));
});

function unlessGone(error: unknown): void {
  if (!hasReason(error, 'NotFound')) throw error;
}
