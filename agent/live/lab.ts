// A network of namespaces with no way out: nodes on one segment, pods given by the real plugins. For live tests.
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Conflist } from '#cni/conflist.ts';
import { exec } from '#lib/exec.ts';
import type { NetworkOptions } from '../network.ts';
import type { ProxyMode } from '../proxy/backend.ts';
import type { Feed } from './node.ts';

export interface Lab extends AsyncDisposable {
  readonly nodes: readonly LabNode[];
  /** Tells every node. */
  feed(feed: Feed): void;
  /** Runs a program in a node's network, whether its process runs or not. */
  inside(node: LabNode, file: string, args: readonly string[]): Promise<string>;
  /** Runs a program on the segment, outside of all nodes. */
  outside(file: string, args: readonly string[], okCodes?: readonly number[]): Promise<string>;
}

export interface LabNode {
  readonly name: string;
  readonly ip: string;
  readonly podCidr: string;
  /** Runs a program in the node's namespaces. */
  run(file: string, args: readonly string[], okCodes?: readonly number[]): Promise<string>;
  /** A pod by the plugins of the conflist that the node wrote, answering on `port`. */
  addPod(name: string, port: number): Promise<LabPod>;
  feed(feed: Feed): void;
  /** Settles when the node's network says that it is ready. */
  readonly ready: Promise<void>;
  /** Ends the node's process and starts another one, which is told all that this one was. Its pods go on. */
  restart(mode: ProxyMode): Promise<void>;
  /** Tells it of itself, as the API would, and waits until it is ready. */
  introduce(): Promise<void>;
  log(): string;
  /** Ends the node's process, and takes away what it made. */
  remove(): Promise<void>;
}

export interface LabPod {
  readonly name: string;
  readonly ip: string;
  run(file: string, args: readonly string[], okCodes?: readonly number[]): Promise<string>;
  /** Starts a program in it, which is ended with the lab. */
  start(file: string, args: readonly string[]): ChildProcess;
}

/** How much longer everything takes here than on the machine itself: on one that is emulated, some times. */
export const slower = Number(process.env['LAB_SLOWER'] ?? 1);

const here = import.meta.dirname;
const always = new AbortController().signal;

export async function createLab(
  count: number,
  prefix: string,
  mode: ProxyMode,
  more: Pick<NetworkOptions, 'nodePortAddresses' | 'isLocalhostServed'> = {},
): Promise<Lab> {
  await using onFailure = new AsyncDisposableStack();
  const undo = onFailure.use(new AsyncDisposableStack());
  const dir = await mkdtemp(join(tmpdir(), 'skiff-lab-'));
  undo.defer(() => rm(dir, { recursive: true, force: true }));
  const segment = `${prefix}-seg`;
  await addNamespace(segment, undo);
  await ip(`-n ${segment} link add br0 type bridge`);
  await ip(`-n ${segment} address add 172.18.0.1/24 dev br0`);
  await ip(`-n ${segment} link set br0 up`);
  await addEcho('outside', segment, 9000, undo);
  const nodes: LabNode[] = [];
  for (let index = 1; index <= count; index++) nodes.push(await addNode(index, prefix, segment, dir, mode, more, undo));
  onFailure.move();
  return {
    nodes,
    feed: (feed) => {
      for (const node of nodes) node.feed(feed);
    },
    inside: (node, file, args) => runIn(['netns', 'exec', `${prefix}-n${nodes.indexOf(node) + 1}`], file, args),
    outside: (file, args, okCodes) => runIn(['netns', 'exec', segment], file, args, okCodes),
    [Symbol.asyncDispose]: () => undo.disposeAsync(),
  };
}

async function addNode(
  index: number,
  prefix: string,
  segment: string,
  dir: string,
  proxyMode: ProxyMode,
  more: Pick<NetworkOptions, 'nodePortAddresses' | 'isLocalhostServed'>,
  undo: AsyncDisposableStack,
): Promise<LabNode> {
  const name = `node-${index}`;
  const namespace = `${prefix}-n${index}`;
  const address = `172.18.0.${index + 1}`;
  const podCidr = `10.244.${index - 1}.0/24`;
  await addNamespace(namespace, undo);
  // From within: older kernels want a name to be free where it is asked from, too.
  await ip(`-n ${namespace} link add eth0 type veth peer name port${index} netns ${segment}`);
  await ip(`-n ${segment} link set port${index} master br0 up`);
  await ip(`-n ${namespace} address add ${address}/24 dev eth0`);
  await ip(`-n ${namespace} link set eth0 up`);

  const state = join(dir, name);
  const fed: Feed[] = [];
  let log = '';
  let current = startNode(proxyMode);
  undo.defer(() => end(current.child));
  function startNode(mode: ProxyMode): {
    readonly child: ChildProcessWithoutNullStreams;
    /** Settles when it is in its namespaces: before, its process is still in the machine's own. */
    readonly entered: Promise<void>;
    readonly ready: Promise<void>;
  } {
    const options = {
      ...more,
      nodeName: name,
      nodeIps: [address],
      cniConfDir: `${state}/conf`,
      resolvConf: `${state}/resolv.conf`,
      proxyMode: mode,
    };
    const script = `mkdir -p ${state}/cni /var/lib/cni && mount --bind ${state}/cni /var/lib/cni && echo '{}' && exec "$@"`;
    const words = ['sh', '-ec', script, 'sh', process.execPath, join(here, 'node.ts'), JSON.stringify(options)];
    const child = spawn('ip', ['netns', 'exec', namespace, ...words], { stdio: 'pipe' });
    child.stderr.on('data', (chunk) => (log += chunk));
    const [entered, ready] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    for (const { promise, reject } of [entered, ready]) {
      promise.catch(() => {}); // who waits for it is told
      child.on('exit', (...how) => reject(new Error(`${name} ended (${how.join(' ')}): ${log.slice(-2_000)}`)));
    }
    createInterface({ input: child.stdout }).on('line', (line) => {
      entered.resolve();
      if ((JSON.parse(line) as { isReady?: boolean }).isReady) ready.resolve();
    });
    return { child, entered: entered.promise, ready: ready.promise };
  }
  async function stop(): Promise<void> {
    const { child } = current;
    if (child.exitCode !== null || child.signalCode !== null) await current.ready; // it ended by itself: why
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  }
  const feed = (one: Feed) => {
    fed.push(one);
    tell(one);
  };
  const tell = (feed: Feed) => void current.child.stdin.write(`${JSON.stringify(feed)}\n`);
  // The node's mounts are seen by what runs beside it: same namespaces as the process.
  async function enter(): Promise<readonly string[]> {
    await current.entered;
    return ['-t', `${current.child.pid}`, '-m', '-n'];
  }
  const run: LabNode['run'] = async (file, args, okCodes) =>
    runIn([...(await enter()), '--'], file, args, okCodes, 'nsenter');
  return {
    name,
    ip: address,
    podCidr,
    run,
    ready: current.ready,
    log: () => log,
    async restart(mode) {
      await stop();
      current = startNode(mode);
      for (const feed of fed) tell(feed);
      await current.ready;
    },
    async introduce() {
      const spec = { podCIDR: podCidr, podCIDRs: [podCidr] };
      const status = { addresses: [{ type: 'InternalIP', address }] };
      feed({ put: 'nodes', objects: [{ metadata: { name, uid: '1' }, spec, status }] });
      await current.ready;
    },
    async remove() {
      await stop();
      await exec(
        'ip',
        ['netns', 'exec', namespace, process.execPath, join(here, 'remove.ts'), `${state}/conf`],
        always,
      );
    },
    feed,
    async addPod(pod, port) {
      const conflist = JSON.parse(await readFile(`${state}/conf/10-skiff.conflist`, 'utf8')) as Conflist;
      return addPod({ name: pod, namespace: `${prefix}-${pod}`, port, conflist, enter: await enter() }, undo);
    },
  };
}

interface PodOptions {
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
  readonly conflist: Conflist;
  readonly enter: readonly string[];
}

async function addPod(options: PodOptions, undo: AsyncDisposableStack): Promise<LabPod> {
  const { name, namespace, port, conflist, enter } = options;
  await addNamespace(namespace, undo);
  const env = {
    CNI_COMMAND: 'ADD',
    CNI_CONTAINERID: namespace,
    CNI_NETNS: `/run/netns/${namespace}`,
    CNI_IFNAME: 'eth0',
    CNI_PATH: '/usr/lib/cni:/opt/cni/bin',
  };
  const [bridge] = conflist.plugins;
  const input = JSON.stringify({ cniVersion: conflist.cniVersion, name: conflist.name, ...bridge });
  const plugin = 'PATH=$CNI_PATH exec bridge';
  const { stdout } = await exec('nsenter', [...enter, '--', 'sh', '-c', plugin], always, {
    env: { ...process.env, ...env } as never,
    input,
  });
  const [address] = (JSON.parse(stdout) as { ips: { address: string }[] }).ips;
  await addEcho(name, namespace, port, undo);
  return {
    name,
    ip: address!.address.split('/')[0]!,
    run: (file, args, okCodes) => runIn(['netns', 'exec', namespace], file, args, okCodes),
    start(file, args) {
      const child = spawn('ip', ['netns', 'exec', namespace, file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
      undo.defer(() => end(child));
      return child;
    },
  };
}

/** Something that answers on `port` with its name and whom it sees. */
async function addEcho(name: string, namespace: string, port: number, undo: AsyncDisposableStack): Promise<void> {
  const echo = spawn('ip', ['netns', 'exec', namespace, process.execPath, join(here, 'echo.ts'), name, `${port}`]);
  undo.defer(() => end(echo));
  await once(echo.stdout, 'data');
}

/** Words that run the asker: `[{name, peer} | code, ...]` comes out. */
export function ask(protocol: 'tcp' | 'udp', host: string, port: number, count = 1, sourcePort?: number) {
  const words = [join(here, 'ask.ts'), protocol, host, `${port}`, `${count}`];
  return [process.execPath, sourcePort === undefined ? words : [...words, `${sourcePort}`]] as const;
}

async function addNamespace(name: string, undo: AsyncDisposableStack): Promise<void> {
  await ip(`netns add ${name}`);
  undo.defer(() => ip(`netns del ${name}`));
  await ip(`-n ${name} link set lo up`);
}

async function ip(words: string): Promise<void> {
  await exec('ip', words.split(' '), always);
}

async function runIn(
  enter: readonly string[],
  file: string,
  args: readonly string[],
  okCodes: readonly number[] = [0],
  program = 'ip',
): Promise<string> {
  return (await exec(program, [...enter, file, ...args], always, { okCodes })).stdout;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
