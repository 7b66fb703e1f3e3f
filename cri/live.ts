// A real containerd for live tests: in network, mount and UTS namespaces of its own, with no way out.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#lib/clock.ts';
import { exec } from '#lib/exec.ts';
import { openCri } from './containerd.ts';
import { writeTestImage } from './live-image.ts';
import type { Cri, RuntimeEvent } from './runtime.ts';

export interface LiveContainerd {
  readonly cri: Cri;
  readonly endpoint: string;
  readonly directory: string;
  /** From 1.7 on it tells all that happens to containers. */
  readonly tells: readonly RuntimeEvent['type'][];
  /** A process inside its namespaces, for `nsenter --target`. */
  readonly pid: number;
  /** Imports an archive made by `writeTestImage`. */
  importImage(file: string): Promise<void>;
  stop(): Promise<void>;
}

export const testImage = 'skiff.test/busybox:1';
export const pauseImage = 'skiff.test/pause:1';

export async function startContainerd(clock: Clock): Promise<LiveContainerd> {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-live-'));
  await mkdir(join(directory, 'net.d'));
  await writeFile(join(directory, 'net.d/10-test.conflist'), conflist(directory));
  await writeFile(join(directory, 'containerd.toml'), config(directory));
  const holder = spawn(
    'unshare',
    ['--net', '--mount', '--uts', '--propagation', 'private', '--fork', '--kill-child', 'sh', '-ec', script(directory)],
    { stdio: 'ignore' },
  );
  const cri = await openCri(endpointIn(directory), clock);
  try {
    return await opened(cri, holder, directory, clock);
  } catch (error) {
    cri.close();
    holder.kill('SIGKILL'); // what it holds goes with it; the folder stays for its log
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot start containerd: ${why}; see ${directory}/containerd.log. Is it installed?`, {
      cause: error,
    });
  }
}

async function opened(cri: Cri, holder: ChildProcess, directory: string, clock: Clock): Promise<LiveContainerd> {
  const pid = await ready(cri, holder, directory, clock);
  const { version } = await cri.runtime.version(AbortSignal.timeout(5_000));
  const live: LiveContainerd = {
    cri,
    tells: /^v?1\.[0-6]\./.test(version) ? ['stopped'] : ['created', 'started', 'stopped'],
    endpoint: endpointIn(directory),
    directory,
    pid,
    async importImage(file) {
      const args = ['--address', join(directory, 'containerd.sock'), '-n', 'k8s.io', 'images', 'import', file];
      await exec('ctr', args, AbortSignal.timeout(60_000));
    },
    async stop() {
      try {
        await removeAll(cri);
      } finally {
        cri.close();
        const ended = new Promise((resolve) => holder.once('exit', resolve));
        process.kill(pid, 'SIGKILL');
        await ended;
        await rm(directory, { recursive: true, force: true, maxRetries: 5 });
      }
    },
  };
  for (const image of [
    { name: pauseImage, entrypoint: ['sh', '-c', 'trap "exit 0" TERM INT; while true; do sleep 3600 & wait; done'] },
    { name: testImage, command: ['sh'] },
  ]) {
    const file = join(directory, 'image.tar');
    await writeTestImage(file, image);
    await live.importImage(file);
  }
  return live;
}

function endpointIn(directory: string): string {
  return `unix://${directory}/containerd.sock`;
}

async function ready(cri: Cri, holder: ChildProcess, directory: string, clock: Clock): Promise<number> {
  const signal = AbortSignal.timeout(20_000);
  for (;;) {
    if (holder.exitCode !== null) throw new Error('it ended');
    try {
      await cri.runtime.version(signal);
      const { stdout } = await exec('cat', [join(directory, 'pid')], signal);
      return Number(stdout);
    } catch {
      await clock.sleep(50, signal);
    }
  }
}

async function removeAll({ runtime }: Cri): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  for (const { id } of await runtime.listSandboxes({}, signal)) {
    await runtime.stopSandbox(id, signal);
    await runtime.removeSandbox(id, signal);
  }
}

function script(directory: string): string {
  return `
    exec >${directory}/containerd.log 2>&1
    mount --make-rshared /
    mount -t tmpfs tmpfs /run
    ip link set lo up
    echo $$ > ${directory}/pid
    exec containerd --config ${directory}/containerd.toml`;
}

function config(directory: string): string {
  return `version = 2
root = "${directory}/root"
state = "${directory}/state"
[grpc]
  address = "${directory}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "${pauseImage}"
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${directory}/net.d"
`;
}

function conflist(directory: string): string {
  const ipam = {
    type: 'host-local',
    dataDir: join(directory, 'cni-leases'),
    ranges: [[{ subnet: '10.244.0.0/24' }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const bridge = { type: 'bridge', bridge: 'cni0', isGateway: true, hairpinMode: true, ipam };
  return JSON.stringify({
    cniVersion: '0.4.0',
    name: 'test',
    plugins: [bridge, { type: 'portmap', capabilities: { portMappings: true } }],
  });
}
