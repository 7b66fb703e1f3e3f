import type { Command } from 'commander';
import type { AgentOptions } from '../agent/options.ts';
import { addPlan } from './agent-plan.ts';
import { addProxy } from './agent-proxy.ts';
import { live, requireRoot } from './life.ts';

export interface AgentFlags {
  readonly config?: string;
  readonly kubeconfig?: string;
  readonly nodeName?: string;
  readonly nodeIp?: string;
  readonly rootDir: string;
  readonly containerRuntimeEndpoint: string;
  readonly cgroupRoot: string;
  readonly clusterCidr: string;
  readonly serviceClusterIpRange: string;
  readonly clusterDns: string;
  readonly clusterDomain: string;
  readonly clientCaFile?: string;
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  readonly port: string;
  readonly podManifestPath?: string;
  readonly manifestUrl?: string;
  readonly verbose?: boolean;
}

export function addAgent(program: Command): void {
  const command = program
    .command('agent')
    .description('Run a node: kubelet, Service proxy and cluster DNS in one process.')
    .option('--config <file>', 'KubeletConfiguration; the command line comes before it')
    .option('--kubeconfig <file>', 'how to reach the API server, as system:node:NAME')
    .option('--client-ca-file <file>', 'authority whose clients may call this node')
    .option('--tls-cert-file <file>', 'certificate that the node serves with')
    .option('--tls-private-key-file <file>', 'its key')
    .option('--node-name <name>', "the node's name (the machine's host name unless told)")
    .option('--node-ip <ip>', "the node's address, used everywhere (that of the default route unless told)")
    .option('--root-dir <folder>', 'where pods keep their volumes', '/var/lib/kubelet')
    .option('--container-runtime-endpoint <url>', 'socket of containerd', 'unix:///run/containerd/containerd.sock')
    .option('--cgroup-root <path>', "below which the pods' cgroups are made", '/')
    .option('--cluster-cidr <cidr>', 'addresses of pods', '10.244.0.0/16')
    .option('--service-cluster-ip-range <cidr>', 'addresses of Services', '10.96.0.0/12')
    .option('--cluster-dns <ip>', 'address at which cluster DNS answers', '10.96.0.10')
    .option('--cluster-domain <name>', 'domain of cluster DNS', 'cluster.local')
    .option('--port <port>', "port of the node's own server", '10250')
    .option('--pod-manifest-path <path>', 'folder of static pods, or one file')
    .option('--manifest-url <url>', 'where else static pods are described')
    .option('-v, --verbose', 'log more')
    .action((flags: AgentFlags) => live((signal) => agent(flags, command, signal)));
  addPlan(command);
  addProxy(command);
}

async function agent(flags: AgentFlags, command: Command, signal: AbortSignal): Promise<void> {
  requireRoot();
  const { hostname } = await import('node:os');
  const { createClock } = await import('#lib/clock.ts');
  const { createLog } = await import('#lib/log.ts');
  const { runAgent } = await import('../agent/main.ts');
  const log = createLog({ level: flags.verbose ? 'debug' : 'info' });
  const { readConfig } = await import('../agent/config/read-config.ts');
  const config = flags.config === undefined ? undefined : await readConfig(flags.config);
  for (const path of config?.idle ?? []) log.warn('A field of the configuration does nothing here', { path });
  const told = {
    kubeconfig: flags.kubeconfig,
    nodeName: flags.nodeName ?? hostname().toLowerCase(),
    ...(flags.nodeIp === undefined ? {} : { nodeIp: flags.nodeIp }),
    rootDir: flags.rootDir,
    runtimeEndpoint: flags.containerRuntimeEndpoint,
    cgroupRoot: flags.cgroupRoot,
    clusterCidr: flags.clusterCidr,
    serviceCidr: flags.serviceClusterIpRange,
    clusterDns: flags.clusterDns,
    clusterDomain: flags.clusterDomain,
    clientCaFile: flags.clientCaFile,
    tlsCertFile: flags.tlsCertFile,
    tlsPrivateKeyFile: flags.tlsPrivateKeyFile,
    port: Number(flags.port),
    ...(flags.podManifestPath === undefined ? {} : { manifestPath: flags.podManifestPath }),
    ...(flags.manifestUrl === undefined ? {} : { manifestUrl: flags.manifestUrl }),
  };
  // A flag that was typed comes first, then the file, then the flag's default.
  const isTyped = (flag: string) => command.getOptionValueSource(flag) === 'cli';
  const options = { ...told, ...config?.options };
  for (const [name, flag] of Object.entries(flagOf))
    if (isTyped(flag)) Object.assign(options, { [name]: told[name as keyof typeof told] });
  await runAgent(required(options), { clock: createClock(), log, signal });
}

/** Options that a configuration file may set, too, by the flag that sets them. */
const flagOf = {
  runtimeEndpoint: 'containerRuntimeEndpoint',
  cgroupRoot: 'cgroupRoot',
  clusterDns: 'clusterDns',
  clusterDomain: 'clusterDomain',
  clientCaFile: 'clientCaFile',
  tlsCertFile: 'tlsCertFile',
  tlsPrivateKeyFile: 'tlsPrivateKeyFile',
  port: 'port',
  manifestPath: 'podManifestPath',
  manifestUrl: 'manifestUrl',
} as const;

/** @throws {Error} that names what neither the command line nor the file says */
function required(options: Partial<Record<keyof AgentOptions, unknown>>): AgentOptions {
  for (const [name, flag] of [
    ['kubeconfig', '--kubeconfig'],
    ['clientCaFile', '--client-ca-file'],
    ['tlsCertFile', '--tls-cert-file'],
    ['tlsPrivateKeyFile', '--tls-private-key-file'],
  ] as const) {
    if (options[name] === undefined) throw new Error(`${flag} is needed`);
  }
  return options as unknown as AgentOptions;
}
