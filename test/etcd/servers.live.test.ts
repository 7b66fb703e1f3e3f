// Three servers in three namespaces, each with its member of etcd, made by joining alone. One is killed: agents, scheduler
// and controllers go on at the others. It comes back. Another is removed.
import { readFileSync } from 'node:fs';
import test from 'ava';
import { send } from '../../vagrant/lab/processes.ts';
import { makeLab } from '../lab.ts';
import { eventually } from '../live/cluster.ts';
import { endServers, firstServer, joinOn, type LabServer, skiff, skiffWithin, within } from './lab-servers.ts';

test('servers join, go on without one of them, take it back, and let one go', async (t) => {
  t.timeout(240_000);
  const lab = await makeLab('skiff-servers', ['--etcd', '--no-workload', '--nodes=3'], AbortSignal.timeout(120_000));
  const { layout } = lab;
  const [one, two, three] = [layout.nodes[0]!, layout.nodes[1]!, layout.nodes[2]!];
  const servers: LabServer[] = [];
  const kubectlAt = async (server: LabServer, ...words: readonly string[]): Promise<string> => {
    const access = ['--kubeconfig', layout.kubeconfig, '--server', server.url];
    return (await within(server.node, ['kubectl', ...access, ...words])).stdout;
  };
  const addresses = async (server: LabServer) => {
    const said = await kubectlAt(
      server,
      ...['get', 'endpoints', 'kubernetes', '-o', 'jsonpath={.subsets[0].addresses[*].ip}'],
    );
    return said.split(' ').sort().join(' ');
  };
  try {
    servers.push(firstServer(layout));
    const first = servers[0]!;
    const token = ['token', 'create', '--print-join-command', '--kubeconfig', layout.kubeconfig];
    const forNodes = (await skiff(token)).replace('skiff join', 'skiff server --join');
    const refused = await joinOn(layout, two, forNodes);
    await eventually('the token of nodes to be refused', async () => !refused.isRunning());

    const fromMs = Date.now();
    const join = await skiff([...token, '--servers']);
    for (const node of [two, three]) {
      const joined = await joinOn(layout, node, join);
      servers.push(joined);
      await eventually(
        `${node.name} to serve`,
        async () => (await kubectlAt(joined, 'get', '--raw', '/readyz')) === 'ok',
      );
      t.log(`${node.name} served ${Date.now() - fromMs} ms after the first was asked for`);
    }
    const second = servers[1]!;
    const all = [one.ip, two.ip, three.ip].sort().join(' ');
    await eventually('all three among the endpoints', async () => (await addresses(second)) === all);
    for (const { dir } of layout.nodes) {
      const file = `${dir}/kubelet/api-servers.json`;
      await eventually(`${file}`, async () => {
        const known = readFileSync(file, 'utf8');
        return all.split(' ').every((address) => known.includes(address));
      });
    }
    const adminOf = (server: LabServer) => ['--kubeconfig', `${server.dataDir}/admin.conf`];
    const list = async () => await skiffWithin(two, ['server', 'list', ...adminOf(second)]);
    t.deepEqual(statesOf(await list()), ['node1 Member', 'node2 Member', 'node3 Member']);

    // Whom the cluster's own authority has signed, a node or even an administrator, etcd does not know.
    const pki = `${first.dataDir}/pki`;
    const asWho = (cert: string) => [
      `--cacert=${pki}/etcd/ca.crt`,
      `--cert=${pki}/${cert}.crt`,
      `--key=${pki}/${cert}.key`,
    ];
    const ask = (cert: string) =>
      within(one, [
        'env',
        'ETCDCTL_API=3',
        'etcdctl',
        `--endpoints=https://${one.ip}:2379`,
        ...asWho(cert),
        'get',
        '/x',
      ]);
    await t.notThrowsAsync(ask('apiserver-etcd-client'));
    await t.throwsAsync(ask('admin'));

    send(first.process(), 'SIGKILL');
    const killedMs = Date.now();
    for (const { name } of layout.nodes) {
      const overrides = JSON.stringify({ spec: { nodeName: name } });
      const image = ['--image=skiff.local/tools:1', '--image-pull-policy=Never', `--overrides=${overrides}`];
      await kubectlAt(second, 'run', `on-${name}`, ...image, '--', 'sleep', '600');
    }
    await kubectlAt(second, 'wait', '--for=condition=Ready', 'pod', '--all', '--timeout=15s');
    t.log(`Pods were ready at the other servers ${Date.now() - killedMs} ms after the first was killed`);
    // The killed one still holds the Leases of scheduler and controllers: they run out after 15 s.
    const tools = ['--image=skiff.local/tools:1', '--replicas=2', '--', 'sleep', '600'];
    await kubectlAt(second, 'create', 'deployment', 'later', ...tools);
    const ready = async () =>
      (await kubectlAt(second, 'get', 'deploy', 'later', '-o', 'jsonpath={.status.readyReplicas}')) === '2';
    await eventually('the deployment', ready, 60_000);
    t.log(`A Deployment was ready after ${Date.now() - killedMs} ms`);
    const conditions = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}';
    t.is(await kubectlAt(second, 'get', 'nodes', '-o', conditions), 'True True True');
    const left = [two.ip, three.ip].sort().join(' ');
    await eventually('the killed server to be gone from the endpoints', async () => (await addresses(second)) === left);

    await first.start();
    await eventually('the killed server to be back', async () => (await addresses(first)) === all);
    const third = servers[2]!;
    await skiffWithin(two, ['server', 'remove', 'node3', ...adminOf(second)]);
    await eventually('the removed server to end', async () => !third.isRunning());
    t.deepEqual(statesOf(await list()), ['node1 Member', 'node2 Member']);
    const rest = [one.ip, two.ip].sort().join(' ');
    await eventually(
      'the removed server to be gone from the endpoints',
      async () => (await addresses(second)) === rest,
    );
    t.is(await kubectlAt(first, 'get', 'nodes', '-o', conditions), 'True True True');
  } finally {
    endServers(servers);
    await lab.remove();
  }
});

function statesOf(list: string): readonly string[] {
  return list
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/).slice(0, 2).join(' '));
}
