import type { Command } from 'commander';
import type { LabState } from '../vagrant/lab/state.ts';
import { live, requireRoot } from './life.ts';

interface Options {
  readonly nodes?: string;
  readonly data: string;
  readonly isolated?: boolean;
  readonly apiPort?: string;
  readonly segments?: string;
  readonly dualStack?: boolean;
  readonly proxyMode?: string;
  readonly podNetwork?: string;
  readonly runtimeHandler?: readonly string[];
  readonly containerd?: string;
  readonly certificateLifetime?: string;
  readonly etcd?: boolean;
  readonly workload: boolean;
}

export function addUp(program: Command): void {
  program
    .command('up')
    .description('Bring a cluster up on this machine: a control plane and nodes, each in namespaces of its own.')
    .option('-n, --nodes <number>', 'how many nodes (2 unless told)')
    .option('-d, --data <folder>', 'where all of it is kept', '/var/lib/skiff')
    .option('--isolated', 'no way out for the nodes: no packet leaves the lab, no image can be pulled')
    .option('--api-port <port>', 'port of 127.0.0.1 at which the API answers (6443 unless told; 0: any free one)')
    .option('--segments <number>', 'put the nodes on so many segments, joined by a router (1 unless told)')
    .option('--dual-stack', 'addresses of both families for nodes, pods and Services')
    .option('--proxy-mode <mode>', 'how Services get into the kernel: see `skiff agent --help`')
    .option('--pod-network <mode>', 'how pods of other nodes are reached: see `skiff agent --help`')
    .option('--runtime-handler <names...>', 'further names of the runtime, for RuntimeClasses')
    .option(
      '--containerd <folder>',
      'run the containerd of this folder, which has its shim and ctr, too (that in PATH unless told)',
    )
    .option('--certificate-lifetime <duration>', 'let certificates live so long, such as 2m, to see them renewed')
    .option('--etcd', 'let the control plane keep its objects in etcd, which runs on the first node')
    .option('--no-workload', 'without the first workload')
    .addHelpText(
      'after',
      '\nRun again, it finds what runs already and starts what is missing. `skiff down` takes all away.',
    )
    .action((options: Options) => live((signal) => up(options, signal)));
}

async function up(options: Options, signal: AbortSignal): Promise<void> {
  requireRoot();
  const { createClock } = await import('#lib/clock.ts');
  const { planUp } = await import('../vagrant/lab/up.ts');
  const { showSteps } = await import('./steps.ts');
  const { clock, startedMs } = { clock: createClock(), startedMs: Date.now() };
  const { layout, before } = await findLab(options);
  await showSteps(planUp({ layout, before, withWorkload: options.workload, clock, signal }));
  const node = layout.nodes[0]!;
  process.stdout.write(`
The cluster is up (${((Date.now() - startedMs) / 1000).toFixed(1)} s). Use it with kubectl:

  export KUBECONFIG=${layout.kubeconfig}
  kubectl get nodes
  kubectl get pods -A -o wide

From within its network, where Services have their addresses:

  ip netns exec ${node.networkNamespace} busybox wget -qO- http://$(kubectl get service hello -o jsonpath={.spec.clusterIP})

  skiff status    what runs
  skiff logs      what it says
  skiff down      take it all away
`);
}

async function findLab(options: Options) {
  const { resolve } = await import('node:path');
  const { layoutFor, readState } = await import('../vagrant/lab/state.ts');
  const { freePort } = await import('#lib/free-port.ts');
  const dataDir = resolve(options.data);
  const before = readState(dataDir);
  const isolated = options.isolated ?? before?.isolated ?? false;
  if (before !== undefined && before.isolated !== isolated) {
    throw new Error(`The lab in ${dataDir} is not isolated, and a lab cannot be changed so: \`skiff down\` it first`);
  }
  const asked = options.apiPort === undefined ? (before?.apiPort ?? 6443) : wholeNumber('--api-port', options.apiPort);
  const apiPort = asked === 0 ? (before?.apiPort ?? (await freePort())) : asked;
  const nodeCount =
    options.nodes === undefined
      ? (before?.nodeCount ?? 2)
      : Math.max(wholeNumber('--nodes', options.nodes), before?.nodeCount ?? 0);
  return {
    before,
    layout: layoutFor({
      dataDir,
      nodeCount,
      isolated,
      apiPort,
      ...netOf(options, before),
      runtimeHandlers: before?.runtimeHandlers ?? options.runtimeHandler ?? [],
      containerdDir: before?.containerdDir ?? (options.containerd && resolve(options.containerd)),
      certificateLifetime: before?.certificateLifetime ?? options.certificateLifetime,
      etcd: before === undefined ? options.etcd : before.etcd,
    }),
  };
}

/** Segments and families stand from the first start on. */
function netOf(options: Options, before: LabState | undefined) {
  return {
    segmentCount: before?.segmentCount ?? (options.segments ? wholeNumber('--segments', options.segments) : 1),
    dualStack: before?.dualStack ?? options.dualStack ?? false,
    proxyMode: options.proxyMode ?? before?.proxyMode,
    podNetwork: options.podNetwork ?? before?.podNetwork,
  };
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new Error(`${option} must be a whole number: it is ${JSON.stringify(text)}`);
  return Number(text);
}
