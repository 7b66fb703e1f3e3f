import type { Command } from 'commander';
import type { JoinedOptions } from '../agent/certificates/joined.ts';
import { ownName } from './agent.ts';
import { live, requireRoot } from './life.ts';
import { serverOf } from './own-etcd.ts';

interface JoinFlags {
  readonly token?: string;
  readonly caHash: string;
  readonly nodeName?: string;
  readonly nodeIp?: string;
  readonly rootDir: string;
  readonly containerRuntimeEndpoint: string;
  readonly cgroupRoot: string;
  readonly podManifestPath?: string;
  readonly start: boolean;
  readonly verbose?: boolean;
}

export function addJoin(program: Command): void {
  program
    .command('join <url>')
    .description('Make this machine a node of the cluster whose API server is at <url>, and run it.')
    .option('--token <token>', 'of `skiff token create`; or in the environment as SKIFF_TOKEN')
    .requiredOption('--ca-hash <sha256:hex>', "hash of the cluster's authority, printed with the token")
    .option('--node-name <name>', "the node's name (the machine's host name unless told)")
    .option('--node-ip <ip>', "the node's address, used everywhere (that of the default route unless told)")
    .option('--root-dir <folder>', 'where the node keeps what is its own', '/var/lib/kubelet')
    .option('--container-runtime-endpoint <url>', 'socket of containerd', 'unix:///run/containerd/containerd.sock')
    .option('--cgroup-root <path>', "below which the pods' cgroups are made", '/')
    .option('--pod-manifest-path <path>', 'folder of static pods, or one file')
    .option('--no-start', 'end when the node has joined: `skiff agent`, without options, runs it')
    .option('-v, --verbose', 'log more')
    .addHelpText('after', '\nRun again on a node that has joined, it runs the node. `skiff agent` does the same.')
    .action((url: string, flags: JoinFlags) => live((signal) => join(url, flags, signal)));
}

async function join(url: string, flags: JoinFlags, signal: AbortSignal): Promise<void> {
  requireRoot();
  const { createClock } = await import('#lib/clock.ts');
  const { createLog } = await import('#lib/log.ts');
  const { hasJoined } = await import('../agent/certificates/join.ts');
  const { readJoined } = await import('../agent/certificates/joined.ts');
  const [clock, log] = [createClock(), createLog({ level: flags.verbose ? 'debug' : 'info' })];
  const { rootDir, nodeName = await ownName() } = flags;
  const joined = await readJoined(rootDir);
  const isNew = joined.nodeName !== nodeName || !(await hasJoined(rootDir, nodeName, clock.now()));
  const options = isNew ? await enter(url, { ...flags, nodeName }, { clock, log }, signal) : joined;
  if (!isNew) log.info('This machine has joined already', { node: nodeName });
  if (!flags.start) return;
  const { runAgent } = await import('../agent/run.ts');
  await runAgent({ ...(options as JoinedOptions), rootDir, port: 10250 }, { clock, log, signal });
}

async function enter(
  url: string,
  flags: JoinFlags & { readonly nodeName: string },
  { clock, log }: Parameters<typeof import('../agent/certificates/join.ts')['joinCluster']>[1],
  signal: AbortSignal,
): Promise<JoinedOptions> {
  const { parseCaHash } = await import('#lib/join/ca-hash.ts');
  const { parseToken } = await import('#lib/join/token.ts');
  const { joinCluster } = await import('../agent/certificates/join.ts');
  const { writeJoined } = await import('../agent/certificates/joined.ts');
  const { pathsOf } = await import('../agent/certificates/paths.ts');
  const text = flags.token ?? process.env['SKIFF_TOKEN'];
  if (text === undefined) throw new Error('--token is needed: `skiff token create` on the server makes one');
  const { nodeName, nodeIp, rootDir, podManifestPath } = flags;
  const { settings } = await joinCluster(
    { server: serverOf(url), token: parseToken(text), caHash: parseCaHash(flags.caHash), nodeName, rootDir },
    { clock, log },
    signal,
  );
  const paths = pathsOf(rootDir);
  const options: JoinedOptions = {
    nodeName,
    ...(nodeIp === undefined ? {} : { nodeIp }),
    kubeconfig: paths.kubeconfig,
    clientCaFile: paths.ca,
    runtimeEndpoint: flags.containerRuntimeEndpoint,
    cgroupRoot: flags.cgroupRoot,
    ...(podManifestPath === undefined ? {} : { manifestPath: podManifestPath }),
    clusterCidr: settings.clusterCIDR,
    serviceCidr: settings.serviceClusterIPRange,
    clusterDns: settings.clusterDNS,
    clusterDomain: settings.clusterDomain,
  };
  await writeJoined(rootDir, options);
  return options;
}
