import { existsSync, mkdirSync } from 'node:fs';
import { GaveUp, type Lab, tailOf, until } from './lab.ts';
import { isAlive } from './processes.ts';

const url = 'http://127.0.0.1:2379';

/** Runs one member of etcd on the first node, at its loopback alone. @returns how the server finds it */
export async function ensureEtcd(lab: Lab): Promise<readonly string[]> {
  const { layout } = lab;
  if (!layout.etcd) return [];
  const { networkNamespace } = layout.nodes[0]!;
  const inNode = ['nsenter', `--net=/run/netns/${networkNamespace}`];
  const dataDir = `${layout.dataDir}/etcd`;
  const logFile = `${layout.logDir}/etcd.log`;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (!['/usr/bin/etcd', '/usr/local/bin/etcd'].some(existsSync)) {
    throw new Error('There is no etcd: install it with "apt-get install etcd-server"');
  }
  const words = ['etcd', `--data-dir=${dataDir}`, `--listen-client-urls=${url}`, `--advertise-client-urls=${url}`];
  const [file, ...args] = [...inNode, ...words, '--listen-peer-urls=http://127.0.0.1:2380', '--log-level=warn'];
  lab.ensureProcess('etcd', () => ({ file: file!, args, logFile }));
  await until(lab, 'etcd', 30_000, async (signal) => {
    if (!isAlive(lab.state().processes['etcd'])) throw new GaveUp(`it ended; its last words:\n${tailOf(logFile)}`);
    const [command, ...more] = [...inNode, 'busybox', 'wget', '-qO-', `${url}/health`];
    return (await lab.exec(command!, more, signal)).stdout.includes('true') ? true : undefined;
  });
  return [`--etcd-servers=${url}`];
}
