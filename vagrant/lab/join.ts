import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseDuration } from '#lib/api/json/duration.ts';
import { ensureNodePki } from '#lib/pki/node.ts';
import { majorOf, renderContainerdConfig } from './containerd-config.ts';
import { pauseImage } from './images.ts';
import { agentFlags, GaveUp, type Lab, shell, skiffCommand, tailOf, until } from './lab.ts';
import type { NodeLayout } from './layout.ts';
import { enter, renderNamespaceFolder, renderNamespaces } from './node.ts';
import { isAlive } from './processes.ts';

/** The node's namespaces and folders. */
export async function ensureNamespaces(lab: Lab): Promise<void> {
  const { layout } = lab;
  await shell(lab, renderNamespaceFolder(`${layout.dataDir}/namespaces`));
  for (const node of layout.nodes) {
    makePlaces(lab, node);
    const resolvConf = `${node.dir}/resolv.conf`;
    mkdirSync(node.dir, { recursive: true });
    // An isolated node has no resolver to forward to: its file is empty. Otherwise it is the host's own.
    writeFileSync(resolvConf, layout.isolated ? '' : hostResolvConf());
    await shell(lab, renderNamespaces(node, resolvConf));
  }
}

/** The folders over which the node's own are mounted have to exist on the machine. */
function makePlaces(lab: Lab, node: NodeLayout): void {
  const made: string[] = [];
  for (const { to } of node.binds) {
    for (let path = to; !existsSync(path); path = dirname(path)) made.push(path);
    mkdirSync(to, { recursive: true });
  }
  if (made.length > 0) lab.noteDirs(made);
}

/** systemd-resolved's stub answers on the host's loopback only: its list of real servers is taken instead. */
function hostResolvConf(): string {
  const real = '/run/systemd/resolve/resolv.conf';
  const file = existsSync(real) ? real : '/etc/resolv.conf';
  if (!existsSync(file)) return '';
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => !/^\s*nameserver\s+(127\.|::1)/.test(line)).join('\n');
}

/** Starts the node's containerd, if it does not run, and gives it the lab's images. */
export async function ensureContainerd(lab: Lab, node: NodeLayout, imageFiles: readonly string[]): Promise<void> {
  const name = `${node.name}/containerd`;
  const logFile = `${lab.layout.logDir}/${name}.log`;
  const bin = lab.layout.containerdDir === undefined ? '' : `${lab.layout.containerdDir}/`;
  // The shim is looked for in PATH.
  const env = bin === '' ? {} : { PATH: `${lab.layout.containerdDir}:${process.env['PATH']}` };
  const { stdout: version } = await lab.exec(`${bin}containerd`, ['--version'], lab.signal);
  const cniBinDir = existsSync('/usr/lib/cni/bridge') ? '/usr/lib/cni' : '/opt/cni/bin';
  writeFileSync(
    node.containerdConfig,
    renderContainerdConfig(node, {
      major: majorOf(version),
      sandboxImage: pauseImage,
      cniBinDir,
      maySetOomScore: maySetOomScore(),
      runtimeHandlers: lab.layout.runtimeHandlers,
    }),
  );
  lab.ensureProcess(name, () => ({
    file: 'nsenter',
    args: [...enter(node), `${bin}containerd`, '--config', node.containerdConfig],
    logFile,
    env,
  }));
  const ctr = (...words: readonly string[]) =>
    lab.exec('nsenter', [...enter(node), `${bin}ctr`, '-n', 'k8s.io', ...words], lab.signal, { timeoutMs: 120_000 });
  const list = await until(lab, `containerd of ${node.name}`, 20_000, async () => {
    if (!isAlive(lab.state().processes[name])) throw new GaveUp(`it ended; its last words:\n${tailOf(logFile)}`);
    return (await ctr('images', 'ls', '-q')).stdout;
  });
  if (list.includes(pauseImage)) return;
  for (const file of imageFiles) await ctr('images', 'import', file);
}

function milliseconds(duration: string): number {
  return Number(parseDuration(duration) / 1_000_000n);
}

/** CAP_SYS_RESOURCE is bit 24. */
function maySetOomScore(): boolean {
  const mask = /^CapEff:\s+([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> 24n) & 1n) === 1n;
}

/** Starts the node's agent, if it does not run. */
export async function ensureAgent(lab: Lab, node: NodeLayout): Promise<void> {
  const { layout } = lab;
  const pki = await ensureNodePki({
    clusterDirectory: layout.serverDir,
    directory: node.certDir,
    nodeName: node.name,
    names: [...node.ips],
    server: `https://${layout.nodes[0]!.ip}:6443`,
    nowMs: lab.clock.now(),
    ...(layout.certificateLifetime === undefined ? {} : { lifetimeMs: milliseconds(layout.certificateLifetime) }),
  });
  const words = [
    'agent',
    `--kubeconfig=${pki.kubeconfig}`,
    `--client-ca-file=${pki.clientCa}`,
    `--node-name=${node.name}`,
    `--node-ip=${node.ips.join()}`,
    `--container-runtime-endpoint=unix://${node.containerdSocket}`,
    `--cgroup-root=${node.cgroupRoot}`,
    `--cluster-cidr=${layout.podCidr}`,
    `--service-cluster-ip-range=${layout.serviceCidr}`,
    `--cluster-dns=${layout.clusterDns}`,
    `--cluster-domain=${layout.clusterDomain}`,
    '--pod-manifest-path=/var/lib/kubelet/manifests',
    '--pod-max-pids=1024', // nodes share the machine: a pod that forks without end must not take it down
    ...(layout.proxyMode === undefined ? [] : [`--proxy-mode=${layout.proxyMode}`]),
    ...(layout.podNetwork === undefined ? [] : [`--pod-network=${layout.podNetwork}`]),
  ];
  lab.ensureProcess(`${node.name}/agent`, () => ({
    file: 'nsenter',
    args: [...enter(node), ...skiffCommand(words, agentFlags)],
    logFile: `${layout.logDir}/${node.name}/agent.log`,
  }));
}
