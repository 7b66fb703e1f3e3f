import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { exec } from '#lib/exec.ts';

// A real logind on a bus of its own, in namespaces of its own. It takes locks and settings; as no systemd is on that bus it
// would refuse to start the machine anew, so its word that it does is sent here in its stead.
const script = `
mount -t tmpfs none /run
mkdir -p /etc/systemd /run/dbus /run/udev /run/systemd/seats /run/systemd/users /run/systemd/sessions /run/systemd/inhibit /run/systemd/system
mount -t tmpfs none /etc/systemd
dbus-daemon --session --nofork --address=unix:path=/run/dbus/system_bus_socket >/dev/null 2>&1 &
until [ -e /run/dbus/system_bus_socket ]; do sleep 0.1; done
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket
/lib/systemd/systemd-logind >"$1/logind.log" 2>&1 &
export LOGIND=$!
until busctl status org.freedesktop.login1 >/dev/null 2>&1; do sleep 0.1; done
echo ready
"$2" "$3"
`;
const manager = ['org.freedesktop.login1', '/org/freedesktop/login1', 'org.freedesktop.login1.Manager'];
const always = new AbortController().signal;

test('createLogind() holds up shutdowns at a real logind until all pods have ended, and notices that one is called off', async (t) => {
  const folder = await mkdtemp('/tmp/skiff-logind.');
  const program = new URL('./live-node.ts', import.meta.url).pathname;
  const shell = ['sh', '-c', script, 'sh', folder, process.execPath, program];
  const words = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', ...shell];
  const machine = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(async () => {
    const isOver = machine.exitCode === null && once(machine, 'exit');
    machine.kill('SIGKILL');
    await isOver;
    await rm(folder, { recursive: true });
  });
  const said: string[] = [];
  createInterface({ input: machine.stdout }).on('line', (line) => said.push(line));
  await until(() => said.includes('ready'));
  const inside = await enter(machine);
  const kubelets = async () =>
    (await inside('systemd-inhibit', '--list', '--no-legend')).split('\n').filter((line) => line.includes('kubelet'));

  await until(async () => (await kubelets()).length === 1);
  const [held = ''] = await kubelets();
  t.regex(held, /kubelet 0 +root +\d+ systemd-inhibit +shutdown +Kubelet needs time to handle node shutdown +delay/);
  t.is((await inside('busctl', 'get-property', ...manager, 'InhibitDelayMaxUSec')).trim(), 't 30000000');

  const tell = (begins: boolean) =>
    inside('busctl', 'emit', '/org/freedesktop/login1', manager[2]!, 'PrepareForShutdown', 'b', String(begins));
  // It listens a moment after it holds; what it knows already changes nothing.
  await until(async () => {
    await tell(true);
    return said.includes('under way: true');
  });
  await until(async () => (await kubelets()).length === 0);
  await tell(false);
  await until(() => said.includes('under way: false')); // the last that is said of it
  t.deepEqual(
    said.filter((line) => !line.startsWith('{') && line !== 'ready'),
    [
      'NodeShutdown: Shutdown manager detected shutdown event',
      'under way: true',
      'fail plain Terminated 20',
      'fail critical Terminated 10',
      'NodeShutdown: Shutdown manager detected shutdown cancellation',
      'under way: false',
    ],
  );
  await until(async () => (await kubelets()).length === 1);
  t.pass();
});

/** Runs programs where logind is, and on its bus. */
async function enter(machine: ChildProcess): Promise<(file: string, ...words: string[]) => Promise<string>> {
  const { stdout } = await exec('pgrep', ['-P', String(machine.pid)], always);
  const env = { DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/run/dbus/system_bus_socket' };
  const way = ['--target', stdout.trim(), '--mount', '--pid'];
  return async (...words) => (await exec('nsenter', [...way, ...words], always, { env })).stdout;
}

/** @throws {Error} if it does not come within a minute */
async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await look()) return;
    await delay(100);
  }
  throw new Error('It did not come');
}
