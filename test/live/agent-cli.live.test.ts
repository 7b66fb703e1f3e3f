// What `skiff agent` says on a node: plans, rules, and what is wrong with a configuration.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { execa } from 'execa';
import { testCluster } from './cluster.ts';
import { isReady, main, openPodLab, type PodLab, signal } from './pods.ts';

let lab: PodLab;
test.before(async () => {
  lab = await openPodLab('cli');
});
test.after.always(() => lab.close());

const entry = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const node = () => testCluster().layout.nodes[0]!;

/** `skiff agent ...` with all namespaces of the first node. */
async function agent(before: readonly string[], words: readonly string[]) {
  const { networkNamespace, mountNamespace, utsNamespace, certDir, containerdSocket, name } = node();
  const enter = [`--net=/run/netns/${networkNamespace}`, `--mount=${mountNamespace}`, `--uts=${utsNamespace}`];
  const flags = [`--kubeconfig=${certDir}/kubelet.conf`, `--node-name=${name}`];
  const where = [...flags, `--container-runtime-endpoint=unix://${containerdSocket}`];
  return await execa('nsenter', [...enter, execPath, entry, 'agent', ...where, ...before, ...words], { reject: false });
}

test('plan prints nothing to do for a pod that is as it should be', async (t) => {
  await lab.create('steady', { nodeName: node().name });
  await lab.when('steady', 'ready', isReady);
  const { stdout, stderr } = await agent([], ['plan', `${lab.namespace}/steady`]);
  t.is(stdout, 'Nothing has to be done', stderr);
  await lab.remove('steady');
});

test('plan prints when an ended container starts again', async (t) => {
  await lab.create('pausing', { nodeName: node().name, containers: [main({ command: ['false'] })] });
  await lab.when(
    'pausing',
    'held back',
    ({ status }) => status.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
  );
  const { stdout } = await agent([], ['plan', `${lab.namespace}/pausing`]);
  t.regex(stdout, /^wait {2}name=main {2}seconds=\d+$/);
  await lab.remove('pausing');
});

test('proxy --print prints the rules of every Service, in either mode', async (t) => {
  const { stdout, stderr } = await agent([], ['proxy', '--print']);
  t.regex(stdout, /\*nat[\s\S]*KUBE-SVC-[\s\S]*default\/kubernetes[\s\S]*COMMIT/, stderr);
  t.regex((await agent([], ['proxy', '--print', '--mode=nftables'])).stdout, /add table|table ip/);
});

test('a configuration with an unknown field is refused with its path', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skiff-config-'));
  const file = join(folder, 'kubelet.yaml');
  const text =
    'kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\nauthentication: {x509: {ca: a}}\n';
  await writeFile(file, text);
  const { stderr, exitCode } = await agent([`--config=${file}`], []);
  t.is(exitCode, 1);
  t.regex(stderr, /unknown field "authentication\.x509\.ca"/);
  await rm(folder, { recursive: true });
});

test('configz shows what the node goes by', async (t) => {
  const path = `/api/v1/nodes/${node().name}/proxy/configz`;
  const body = await lab.client.raw('GET', path, signal());
  const shown = (typeof body === 'string' ? JSON.parse(body) : body) as { readonly kubeletconfig: object };
  t.like(shown.kubeletconfig, { maxPods: 110, clusterDomain: 'cluster.local', imageGCHighThresholdPercent: 85 });
});
