// A lab for the rounds: three nodes with a server, a member of etcd and an agent each, a fourth with the clients, 30 pods.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createClock } from '#lib/clock.ts';
import { processesOf } from '../../vagrant/lab/find.ts';
import type { LabLayout, NodeLayout } from '../../vagrant/lab/layout.ts';
import { isAlive, type ProcessId, send } from '../../vagrant/lab/processes.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { home, makeLab } from '../lab.ts';
import type { Questions } from './client.ts';
import { endServers, firstServer, joinOn, type LabServer, skiff, within } from './lab-servers.ts';

export interface RoundsLab extends AsyncDisposable {
  readonly layout: LabLayout;
  readonly servers: readonly LabServer[];
  ask<Q extends keyof Questions>(question: Q): ReturnType<Questions[Q]>;
  agentOf(node: NodeLayout): ProcessId | undefined;
  /** No frame comes to the node or leaves it. */
  cut(node: NodeLayout): Promise<void>;
  mend(node: NodeLayout): Promise<void>;
  /** Everything that runs there, containers too, as when the power goes. */
  killNode(node: NodeLayout): void;
  /** Starts what does not run, and waits until all servers are ready. */
  heal(signal: AbortSignal): Promise<void>;
}

const clock = createClock();

export async function makeRoundsLab(signal: AbortSignal): Promise<RoundsLab> {
  const lab = await makeLab('skiff-rounds', ['--etcd', '--no-workload', '--nodes=4'], signal);
  const { layout } = lab;
  const servers: LabServer[] = [];
  let child: ChildProcess | undefined;
  const dispose = async () => {
    child?.disconnect();
    endServers(servers);
    for (const node of layout.nodes) await link(layout, node, 'up').catch(() => {}); // it may not be there
    await lab.remove();
  };
  try {
    servers.push(firstServer(layout));
    const token = ['token', 'create', '--servers', '--print-join-command', '--kubeconfig', layout.kubeconfig];
    const join = await skiff(token);
    const client = layout.nodes[3]!;
    for (const node of layout.nodes.slice(1, 3)) {
      const server = await joinOn(layout, node, join);
      servers.push(server);
      await until(() => answersAt(server, client, layout), signal);
    }
    await deployPods(layout, client, servers[0]!);
    child = startClients(layout, client, servers);
    const asking = askWith(child);
    await until(async () => (await asking('ready')) === 3, signal);
    await until(async () => (await asking('pods')).filter(({ isReady }) => isReady).length === podCount, signal);
    const agentOf = (node: NodeLayout) => readState(layout.dataDir)?.processes[`${node.name}/agent`];
    return {
      layout,
      servers,
      ask: asking,
      agentOf,
      cut: (node) => link(layout, node, 'down'),
      mend: (node) => link(layout, node, 'up'),
      killNode(node) {
        const server = servers.find((one) => one.node === node);
        if (server !== undefined) send(server.process(), 'SIGKILL');
        for (let round = 0; round < 3; round++) for (const id of processesOf(node)) send(id, 'SIGKILL');
      },
      async heal(end) {
        for (const server of servers) if (!server.isRunning()) await server.start();
        await until(async () => (await asking('ready')) === 3, end);
        const areUp = layout.nodes.every((node) => isAlive(agentOf(node)));
        if (!areUp) await skiff(['up', '--data', layout.dataDir, '--no-workload']);
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
export const podCount = 30;

async function until(isSo: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await isSo().catch(() => false))) await clock.sleep(200, signal);
}

async function answersAt(server: LabServer, from: NodeLayout, { kubeconfig }: LabLayout): Promise<boolean> {
  const words = ['kubectl', '--kubeconfig', kubeconfig, '--server', server.url, 'get', '--raw', '/readyz'];
  return (await within(from, words)).stdout === 'ok';
}

async function link({ switchNamespace }: LabLayout, { link: name }: NodeLayout, state: 'up' | 'down'): Promise<void> {
  const bridge = { networkNamespace: switchNamespace } as NodeLayout;
  await within(bridge, ['ip', 'link', 'set', name, state]);
}

async function deployPods({ kubeconfig }: LabLayout, from: NodeLayout, server: LabServer): Promise<void> {
  const tolerations = ['not-ready', 'unreachable'].map((what) => ({
    key: `node.kubernetes.io/${what}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 5, // upstream's default is five minutes: the rule is the same
  }));
  const container = {
    name: 'main',
    image: 'skiff.local/tools:1',
    imagePullPolicy: 'Never',
    command: ['sleep', '86400'],
  };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'thirty' },
    spec: {
      replicas: podCount,
      selector: { matchLabels: { app: 'thirty' } },
      template: {
        metadata: { labels: { app: 'thirty' } },
        spec: { tolerations, terminationGracePeriodSeconds: 0, containers: [container] },
      },
    },
  };
  const script = `kubectl --kubeconfig ${kubeconfig} --server ${server.url} apply -f - <<'END'\n${JSON.stringify(deployment)}\nEND`;
  await within(from, ['sh', '-ec', script]);
}

function startClients({ kubeconfig }: LabLayout, node: NodeLayout, servers: readonly LabServer[]): ChildProcess {
  const file = fileURLToPath(new URL('client.ts', import.meta.url));
  const words = [process.execPath, file, kubeconfig, ...servers.map(({ url }) => url)];
  return spawn('nsenter', [`--net=/run/netns/${node.networkNamespace}`, ...words], {
    cwd: home,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

function askWith(child: ChildProcess): RoundsLab['ask'] {
  return (question) =>
    new Promise((resolve, reject) => {
      child.once('message', ({ answer, error }: { readonly answer?: never; readonly error?: string }) => {
        if (error === undefined) resolve(answer as never);
        else reject(new Error(error));
      });
      child.send(question);
    }) as never;
}
