// Two servers on the etcd of a lab: the agents move over when theirs is killed, and what runs the cluster does, too.
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { execa } from 'execa';
import { launch, type ProcessId, send } from '../../vagrant/lab/processes.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { home, makeLab } from '../lab.ts';
import { eventually } from '../live/cluster.ts';

const address = '10.89.0.200';

test('agents, scheduler and controllers go on at another server when one is killed', async (t) => {
  t.timeout(180_000);
  const lab = await makeLab('skiff-servers', ['--etcd', '--no-workload'], AbortSignal.timeout(120_000));
  const { layout } = lab;
  const inNode = ['nsenter', `--net=/run/netns/${layout.nodes[0]!.networkNamespace}`];
  const run = async (...words: readonly string[]): Promise<string> => {
    const [file, ...args] = [...inNode, ...words];
    return (await execa(file!, args, { timeout: 20_000 })).stdout;
  };
  const kubectl = (...words: readonly string[]) =>
    run('kubectl', '--kubeconfig', layout.kubeconfig, '--server', `https://${address}:6443`, ...words);
  let second: ProcessId | undefined;
  try {
    await run('ip', 'addr', 'add', `${address}/32`, 'dev', 'lo'); // nodes of the same bridge ask for it there
    const dataDir = `${layout.dataDir}/server/second`;
    mkdirSync(`${dataDir}/pki`, { recursive: true });
    for (const file of ['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key', 'sa.pub']) {
      cpSync(`${layout.serverDir}/pki/${file}`, `${dataDir}/pki/${file}`);
    }
    const words = [
      ...[...inNode.slice(1), process.execPath, `${home}/cli/main.ts`, 'server', `--data-dir=${dataDir}`],
      ...[`--bind-address=${address}`, `--advertise-address=${address}`, '--etcd-servers=http://127.0.0.1:2379'],
    ];
    second = launch({ file: 'nsenter', args: words, logFile: `${layout.logDir}/second.log` });
    await eventually('the second server', async () => (await kubectl('get', '--raw', '/readyz')) === 'ok', 60_000);
    await eventually('both among the endpoints', async () =>
      (await kubectl('get', 'endpoints', 'kubernetes', '-o', 'jsonpath={.subsets[0].addresses[*].ip}')).includes(
        `${address}`,
      ),
    );
    for (const { dir } of layout.nodes) {
      const file = `${dir}/kubelet/api-servers.json`;
      await eventually(`${file}`, async () => readFileSync(file, 'utf8').includes(address));
    }
    send(readState(layout.dataDir)!.processes['server']!, 'SIGKILL');
    const killedMs = Date.now();
    for (const { name } of layout.nodes) {
      const overrides = JSON.stringify({ spec: { nodeName: name } });
      const image = ['--image=skiff.local/tools:1', '--image-pull-policy=Never', `--overrides=${overrides}`];
      await kubectl('run', `on-${name}`, ...image, '--', 'sleep', '600');
    }
    await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=15s');
    t.log(`Pods were ready at the other server ${Date.now() - killedMs} ms after the first was killed`);
    // The killed one still holds the Leases of scheduler and controllers: they run out after 15 s.
    await kubectl('create', 'deployment', 'later', '--image=skiff.local/tools:1', '--replicas=2', '--', 'sleep', '600');
    const ready = async () =>
      (await kubectl('get', 'deploy', 'later', '-o', 'jsonpath={.status.readyReplicas}')) === '2';
    await eventually('the deployment', ready, 60_000);
    t.log(`A Deployment was ready after ${Date.now() - killedMs} ms`);
    const conditions = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}';
    t.is(await kubectl('get', 'nodes', '-o', conditions), 'True True');
    const listed = await eventually('the killed server to be gone from the endpoints', async () => {
      const addresses = 'jsonpath={.subsets[0].addresses[*].ip}';
      return (await kubectl('get', 'endpoints', 'kubernetes', '-o', addresses)) === address;
    });
    t.true(listed);
  } finally {
    if (second !== undefined) send(second, 'SIGKILL');
    await lab.remove();
  }
});
