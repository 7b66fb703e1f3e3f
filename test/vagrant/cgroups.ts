// `npm run vagrant:cgroups`: one machine of the box with systemd and cgroup v2, a cluster of one node in it, under both
// cgroup drivers. What pods ask for is read back from the kernel's own files. In the end it is asked to start anew.
//   --shutdown   only that
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { exec } from '#lib/exec.ts';
import { freePort } from '#lib/free-port.ts';
import { type Driver, runCgroupSuite } from './cgroup-suite.ts';
import { home, packCheckout } from './checkout.ts';
import { createChecks } from './checks.ts';
import { startMachine } from './machine.ts';
import { runShutdownSuite, shutdownConfig } from './shutdown-suite.ts';

const { values: only } = parseArgs({ options: { shutdown: { type: 'boolean' } } });
const life = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => life.abort(new Error(`Ended by ${name}`)));
const { signal } = life;
const boxDir = `${home}/.cache/vagrant/box/${process.env['SKIFF_BOX_SUITE'] ?? 'bookworm'}`;
const lines: string[] = [];
const write = (line: string): void => {
  lines.push(line);
  process.stdout.write(`${line}\n`);
};

const root = `${home}/.cache/vagrant`;
await mkdir(root, { recursive: true });
const workDir = await mkdtemp('/var/tmp/skiff-cgroups.');
const checks = createChecks(write);
try {
  await run();
} finally {
  life.abort(new Error('Done'));
  await rm(workDir, { recursive: true });
}
write(`${checks.passed} passed, ${checks.failed} failed`);
await writeFile(`${root}/cgroups.txt`, `${lines.join('\n')}\n`);
process.exitCode = checks.failed === 0 ? 0 : 1;

async function run(): Promise<void> {
  const [sshPort, apiPort] = [await freePort(), await freePort()];
  const disk = `${workDir}/skiff.img`;
  await packCheckout(disk, signal);
  const doors = new Map([
    [sshPort, 22],
    [apiPort, 6443],
  ]);
  const cpus = Math.min(2, availableParallelism());
  const startMs = Date.now();
  const start = () => startMachine({ boxDir, workDir, disks: [disk], doors, memoryMb: 2048, cpus }, signal);
  const machine = await start();
  const system = await machine.run(
    '. /etc/os-release; echo "$PRETTY_NAME, Linux $(uname -r), $(systemctl --version | head -n1), cgroup $(stat -fc %T /sys/fs/cgroup), $(containerd --version | cut -d" " -f1,3), $(runc --version | head -n1)"',
  );
  write(`Machine: ${system.trim()} [${((Date.now() - startMs) / 1000).toFixed(1)}s]`);
  await machine.run(
    "mkdir -p /opt/skiff; echo '/dev/vdb /opt/skiff ext4 ro,noatime 0 0' >>/etc/fstab; mount /opt/skiff; sync",
  );
  const kubeconfig = `${workDir}/kubeconfig`;
  const drivers: readonly Driver[] = only.shutdown ? ['systemd'] : ['cgroupfs', 'systemd'];
  for (const driver of drivers) {
    await checks.check(`${driver}: a node is Ready`, async () => {
      await machine.run(bringUp(driver), 600_000);
      const admin = await machine.run('cat /var/lib/skiff/server/admin.conf');
      await writeFile(kubeconfig, admin.replaceAll('127.0.0.1:6443', `127.0.0.1:${apiPort}`), { mode: 0o600 });
      await kubectl(['wait', 'node', '--all', '--for=condition=Ready', '--timeout=180s']);
      const said = await machine.run('journalctl -u skiff-agent -o cat --no-pager | grep -h cgroupDriver | tail -n 1');
      return /"?cgroupDriver"?.*/.exec(said)?.[0];
    });
    if (!only.shutdown) await runCgroupSuite({ driver, machine, kubectl, checks, cpus });
  }
  await runShutdownSuite({ machine, startAgain: start, kubectl, follow, write, checks });

  async function kubectl(words: readonly string[], input?: string): Promise<string> {
    const options = { timeoutMs: 240_000, ...(input === undefined ? {} : { input }) };
    return (await exec('kubectl', ['--kubeconfig', kubeconfig, ...words], signal, options)).stdout;
  }

  function follow(words: readonly string[]) {
    const child = spawn('kubectl', ['--kubeconfig', kubeconfig, ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
    signal.addEventListener('abort', () => child.kill(), { once: true });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    return { lines, stop: () => void child.kill() };
  }
}

/** The scripts that `vagrant up` runs. A second time, they change the driver. */
function bringUp(driver: Driver): string {
  return `
    export SKIFF_CGROUP_DRIVER=${driver} SKIFF_NODE_IP=10.0.2.15
    cat >/etc/kubelet.yaml <<'CONFIG'
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
podPidsLimit: 200
${shutdownConfig}CONFIG
    export SKIFF_AGENT_FLAGS=--config=/etc/kubelet.yaml
    sh /opt/skiff/vagrant/machine/prepare.sh
    sh /opt/skiff/vagrant/machine/control.sh
    set -- $(skiff token create --print-join-command); shift 2
    sh /opt/skiff/vagrant/machine/node.sh "$@"`;
}
