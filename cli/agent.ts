import type { Command } from 'commander';
import type { AgentOptions } from '../agent/options.ts';
import { addPlan } from './agent-plan.ts';
import { addProxy } from './agent-proxy.ts';
import { live, requireRoot } from './life.ts';
import { keepNotified, takeNotifyEnvironment } from './notify.ts';
import { answersWell } from './well.ts';

export interface AgentFlags {
  readonly config?: string;
  readonly configDir?: string;
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
  readonly podMaxPids?: string;
  readonly proxyMode: string;
  readonly podNetwork: string;
  readonly nodeportAddresses?: string;
  readonly iptablesLocalhostNodeports?: boolean;
  readonly nodeLabels?: string;
  readonly imageCredentialProviderConfig?: string;
  readonly imageCredentialProviderBinDir?: string;
  readonly verbose?: boolean;
}

export function addAgent(program: Command): void {
  const command = program
    .command('agent')
    .description('Run a node: kubelet, Service proxy and cluster DNS in one process.')
    .option('--config <file>', 'KubeletConfiguration; the command line comes before it')
    .option('--config-dir <folder>', 'drop-ins that change it: files that end in .conf, in the order of their names')
    .option('--kubeconfig <file>', 'how to reach the API server, as system:node:NAME')
    .option('--client-ca-file <file>', 'authority whose clients may call this node')
    .option('--tls-cert-file <file>', 'certificate that the node serves with (from the cluster unless told)')
    .option('--tls-private-key-file <file>', 'its key')
    .option('--node-name <name>', "the node's name (the machine's host name unless told)")
    .option('--node-ip <ip>', "the node's address, or one of each family (that of the default route unless told)")
    .option('--root-dir <folder>', 'where pods keep their volumes', '/var/lib/kubelet')
    .option('--container-runtime-endpoint <url>', 'socket of containerd', 'unix:///run/containerd/containerd.sock')
    .option('--cgroup-root <path>', "below which the pods' cgroups are made", '/')
    .option('--cluster-cidr <cidr>', 'addresses of pods; one range, or one of each family', '10.244.0.0/16')
    .option('--service-cluster-ip-range <cidr>', 'addresses of Services', '10.96.0.0/12')
    .option('--cluster-dns <ip>', 'address at which cluster DNS answers', '10.96.0.10')
    .option('--cluster-domain <name>', 'domain of cluster DNS', 'cluster.local')
    .addOption(choice(program, '--proxy-mode <mode>', 'how Services get into the kernel', proxyModes))
    .addOption(choice(program, '--pod-network <mode>', 'how pods of other nodes are reached', podNetworkModes))
    .option('--iptables-localhost-nodeports', 'node ports answer at 127.0.0.1, too (iptables mode)')
    .option('--nodeport-addresses <cidrs>', 'where node ports answer: `primary`, or ranges (all addresses unless told)')
    .option('--port <port>', "port of the node's own server", '10250')
    .option('--pod-manifest-path <path>', 'folder of static pods, or one file')
    .option('--manifest-url <url>', 'where else static pods are described')
    .option('--pod-max-pids <number>', 'processes and threads that one pod may have (no limit unless told)')
    .option('--node-labels <labels>', 'what the node has beside the labels of every node: a=b,c=d')
    .option('--image-credential-provider-config <file>', 'which programs know how to pull from which registries')
    .option('--image-credential-provider-bin-dir <folder>', 'where those programs are')
    .option('-v, --verbose', 'log more')
    .action((flags: AgentFlags) => live((signal) => agent(flags, command, signal)));
  addPlan(command);
  addProxy(command);
}

const proxyModes = ['iptables', 'nftables', 'ipvs'];
const podNetworkModes = ['auto', 'routes', 'vxlan'];

/** An option that knows its values; the first is the default. */
function choice(program: Command, flag: string, what: string, values: readonly string[]) {
  return program.createOption(flag, what).choices(values).default(values[0]);
}

async function agent(flags: AgentFlags, command: Command, signal: AbortSignal): Promise<void> {
  requireRoot();
  const { createClock } = await import('#lib/clock.ts');
  const { exec } = await import('#lib/exec.ts');
  const { createLog } = await import('#lib/log.ts');
  const { runAgent } = await import('../agent/run.ts');
  const { readJoined } = await import('../agent/certificates/joined.ts');
  const log = createLog({ level: flags.verbose ? 'debug' : 'info' });
  const { readConfig } = await import('../agent/config/read-config.ts');
  const config = await readConfig(flags.config, flags.configDir);
  for (const path of config?.idle ?? []) log.warn('A field of the configuration does nothing here', { path });
  const [typed, defaults] = toldBy(flags, (flag) => command.getOptionValueSource(flag) === 'cli');
  const { readLabels } = await import('../agent/node/read-labels.ts');
  const nodeLabels = flags.nodeLabels === undefined ? {} : { nodeLabels: readLabels(flags.nodeLabels) };
  const joined = await readJoined(flags.rootDir);
  const { machineResolvConf } = await import('../agent/dns/resolv-conf.ts');
  const found = { nodeName: await ownName(), resolvConf: machineResolvConf() };
  const shown = { flags: flagsOf(command) };
  const options = { ...found, ...shown, ...defaults, ...joined, ...config?.options, ...typed, ...nodeLabels };
  const { healthzAddress: healthz = '127.0.0.1:10248' } = options.serving ?? {};
  const clock = createClock();
  void keepNotified(
    takeNotifyEnvironment(process.env),
    // Where nobody answers there is nobody to ask.
    async (limit) => healthz === '' || (await answersWell(`http://${healthz}/healthz`, limit)),
    { clock, exec, log },
    signal,
  );
  await runAgent(required(options), { clock, log, signal });
}

/** All flags that have a value, as /flagz shows them. */
function flagsOf(command: Command): Readonly<Record<string, string>> {
  const values = command.opts<Record<string, unknown>>();
  const known = command.options.map((one) => [one.name(), values[one.attributeName()]] as const);
  return Object.fromEntries(known.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}

export async function ownName(): Promise<string> {
  const { hostname } = await import('node:os');
  return hostname().toLowerCase();
}

/** What the command line says: first what was typed, then what it says by default. A file stands between the two. */
function toldBy(
  flags: AgentFlags,
  isTyped: (flag: string) => boolean,
): readonly [Partial<AgentOptions>, Partial<AgentOptions>] {
  const values = Object.entries(flagOf)
    .filter(([, flag]) => flags[flag] !== undefined)
    .map(([name, flag]) => [name, numbers.has(name) ? Number(flags[flag]) : flags[flag], isTyped(flag)] as const);
  const those = (wanted: boolean) => Object.fromEntries(values.filter(([, , typed]) => typed === wanted));
  return [those(true), those(false)];
}

const numbers: ReadonlySet<string> = new Set<keyof AgentOptions>(['port', 'podPidsLimit']);

/** Options by the flag that sets them. */
const flagOf = {
  kubeconfig: 'kubeconfig',
  nodeName: 'nodeName',
  nodeIp: 'nodeIp',
  rootDir: 'rootDir',
  clusterCidr: 'clusterCidr',
  serviceCidr: 'serviceClusterIpRange',
  runtimeEndpoint: 'containerRuntimeEndpoint',
  cgroupRoot: 'cgroupRoot',
  clusterDns: 'clusterDns',
  clusterDomain: 'clusterDomain',
  clientCaFile: 'clientCaFile',
  tlsCertFile: 'tlsCertFile',
  tlsPrivateKeyFile: 'tlsPrivateKeyFile',
  proxyMode: 'proxyMode',
  podNetworkMode: 'podNetwork',
  nodePortAddresses: 'nodeportAddresses',
  iptablesLocalhostNodeports: 'iptablesLocalhostNodeports',
  port: 'port',
  manifestPath: 'podManifestPath',
  manifestUrl: 'manifestUrl',
  podPidsLimit: 'podMaxPids',
  credentialProviderConfig: 'imageCredentialProviderConfig',
  credentialProviderFolder: 'imageCredentialProviderBinDir',
} as const satisfies Partial<Record<keyof AgentOptions, keyof AgentFlags>>;

/** @throws {Error} that names what neither the command line nor the file says */
function required(options: Partial<Record<keyof AgentOptions, unknown>>): AgentOptions {
  for (const [name, flag] of [
    ['kubeconfig', '--kubeconfig'],
    ['clientCaFile', '--client-ca-file'],
  ] as const) {
    if (options[name] === undefined) throw new Error(`${flag} is needed on a machine that has not joined a cluster`);
  }
  if ((options.tlsCertFile === undefined) !== (options.tlsPrivateKeyFile === undefined)) {
    throw new Error('--tls-cert-file and --tls-private-key-file belong together');
  }
  if ((options.credentialProviderConfig === undefined) !== (options.credentialProviderFolder === undefined)) {
    throw new Error('--image-credential-provider-config and --image-credential-provider-bin-dir belong together');
  }
  return options as unknown as AgentOptions;
}
