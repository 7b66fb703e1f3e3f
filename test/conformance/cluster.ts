import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { readKubeconfig } from '#lib/client/kubeconfig.ts';
import { createClock } from '#lib/clock.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import { enter } from '../../vagrant/lab/node.ts';
import { launch, type ProcessId, stop } from '../../vagrant/lab/processes.ts';
import { home, makeLab, type TemporaryLab } from '../lab.ts';
import type { Suite } from './suite.ts';

/** A cluster on which specs run. */
export interface Target {
  /** As it is used by the suite, from `within`. */
  readonly kubeconfig: string;
  /** As it is used by this very process: it must not send anything to addresses inside the cluster. */
  readonly ownKubeconfig: string | undefined;
  readonly host: string;
  /** Words before a command that has to reach nodes, NodePorts and the API. */
  readonly within: readonly string[];
  readonly nodeCount: number;
  remove(): Promise<void>;
}

/** Brings up an isolated cluster of Skiff with the suite's images and the little of an outside world that specs want. */
export async function bringUp(
  suite: Suite,
  nodeCount: number,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Target> {
  const words = ['--no-workload', '--nodes', String(nodeCount), '--runtime-handler', 'test-handler'];
  const lab = await makeLab('skiff-e2e', words, signal);
  try {
    return await furnish(lab, suite, say, signal);
  } catch (error) {
    await lab.remove();
    throw error;
  }
}

async function furnish(
  lab: TemporaryLab,
  suite: Suite,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Target> {
  const { layout } = lab;
  const data = layout.dataDir;
  const outside = await openOutside(layout, suite, say, signal);
  const hosts = `${data}/hosts`;
  writeFileSync(hosts, `127.0.0.1 localhost\n${gatewayOf(layout)} google.com www.google.com\n`);
  const host = `https://${layout.nodes[0]!.ip}:6443`;
  const kubeconfig = `${data}/e2e.kubeconfig`;
  writeFileSync(kubeconfig, readFileSync(layout.kubeconfig, 'utf8').replaceAll(/https:\/\/127\.0\.0\.1:\d+/g, host));
  const mount = `mount --bind ${hosts} /etc/hosts && exec "$@"`;
  return {
    kubeconfig,
    ownKubeconfig: layout.kubeconfig,
    host,
    nodeCount: layout.nodes.length,
    within: [
      'nsenter',
      `--net=/run/netns/${layout.nodes[0]!.networkNamespace}`,
      'unshare',
      '--mount',
      'sh',
      '-c',
      mount,
      'sh',
    ],
    async remove() {
      await stop(outside, 1_000, createClock(), AbortSignal.timeout(10_000));
      await lab.remove();
    },
  };
}

function gatewayOf(layout: LabLayout): string {
  return layout.segments[0]!.gateways[0]!.split('/')[0]!;
}

async function openOutside(
  layout: LabLayout,
  suite: Suite,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<ProcessId> {
  const address = gatewayOf(layout);
  for (const node of layout.nodes) {
    for (const host of ['docker.io', 'gcr.io', 'k8s.gcr.io']) {
      mkdirSync(`${node.registryDir}/${host}`, { recursive: true });
      writeFileSync(
        `${node.registryDir}/${host}/hosts.toml`,
        `server = "http://${address}:5000"\n\n[host."http://${address}:5000"]\n`,
      );
    }
  }
  if (suite.images !== undefined) {
    say("giving the nodes the suite's images");
    for (const node of layout.nodes) {
      await execa('nsenter', [...enter(node), 'ctr', '-n', 'k8s.io', 'images', 'import', suite.images], {
        stdout: 'ignore',
        cancelSignal: signal,
      });
    }
  }
  return launch({
    file: 'ip',
    args: [
      'netns',
      'exec',
      layout.switchNamespace,
      process.execPath,
      `${home}/test/conformance/outside.ts`,
      address,
      suite.images ?? '',
    ],
    logFile: `${layout.dataDir}/outside.log`,
  });
}

/** A cluster that is there already. */
export async function existing(kubeconfig: string, within: readonly string[]): Promise<Target> {
  const { server } = await readKubeconfig(kubeconfig);
  const ownKubeconfig = within.length === 0 ? kubeconfig : undefined;
  return { kubeconfig, ownKubeconfig, host: server, within, nodeCount: -1, remove: async () => {} };
}
