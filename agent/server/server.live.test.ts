// The kubelet's server on a node of its own: real containerd, real API server, real kubectl of every version at hand.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { type LiveContainerd, startContainerd } from '#cri/live.ts';
import { createClock } from '#lib/clock.ts';
import { type ExecOptions, exec } from '#lib/exec.ts';

const home = fileURLToPath(new URL('../..', import.meta.url));
const { signal } = new AbortController(); // each step has a bound of its own
const processes: ChildProcess[] = [];
let live: LiveContainerd;
let data: string;

test.before(async () => {
  live = await startContainerd(createClock());
  data = join(live.directory, 'server');
  const bind = ['--bind-address', '127.0.0.1', '--advertise-address', '127.0.0.1'];
  await started(['cli/main.ts', 'server', '--data-dir', data, ...bind], 'Started server');
  await started(['agent/server/live-node.ts', live.endpoint, live.directory, data], 'ready');
});
test.after.always(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await live?.stop();
});

/** Starts a program of ours inside the node's network; settles when it has said `word`. */
async function started(args: readonly string[], word: string): Promise<void> {
  const child = spawn('nsenter', inside([process.execPath, ...args]), { cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  processes.push(child);
  let text = '';
  await new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      text = `${text}${chunk}`.slice(-100_000);
      if (text.includes(word)) resolve();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('exit', () => reject(new Error(`${args[0]} ended: ${text}`)));
  });
}

function inside(words: readonly string[]): readonly string[] {
  return ['--target', `${live.pid}`, '--net', '--uts', ...words];
}

const versions = kubectls();

/** Paths of the `kubectl` in PATH, and of other versions beside it. */
function kubectls(): readonly string[] {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, 'kubectl');
    if (!existsSync(file)) continue;
    const home = dirname(realpathSync(file));
    const named = readdirSync(home).filter((name) => /^kubectl\.1\.\d+$/.test(name));
    return (named.length > 0 ? named : ['kubectl']).map((name) => join(home, name));
  }
  return [];
}

function kubectl(path: string, args: readonly string[], options: ExecOptions = {}) {
  const words = [path, '--kubeconfig', join(data, 'admin.conf'), ...args];
  return exec('nsenter', inside(words), signal, { okCodes: [0, 1, 3], ...options });
}

test.serial('there is a kubectl to test with', (t) => {
  t.true(versions.length > 0, 'Install kubernetes-client: nothing else speaks the protocols as people do');
});

for (const path of versions) {
  const version = basename(path);
  test.serial(`${version}: logs, whole, the end of it, and of what is not there`, async (t) => {
    const { stdout } = await kubectl(path, ['logs', 'web', '-c', 'main']);
    t.true(stdout.startsWith('started\nproblem\n') || stdout.startsWith('problem\nstarted\n'), stdout);
    const last = await kubectl(path, ['logs', 'web', '-c', 'main', '--tail=1', '--timestamps']);
    t.regex(last.stdout, /^\d{4}-\d\d-\d\dT[\d:.]+Z \w+.*\n$/);
    const previous = await kubectl(path, ['logs', 'web', '-c', 'main', '--previous']);
    t.regex(previous.stderr, /previous terminated container "main" in pod "web" not found/);
  });

  test.serial(`${version}: exec keeps the outputs apart and brings the exit code`, async (t) => {
    const script = 'echo out; echo problem >&2; exit 3';
    const done = await kubectl(path, ['exec', 'web', '-c', 'main', '--', 'sh', '-c', script]);
    t.is(done.stdout, 'out\n');
    t.is(done.stderr, 'problem\ncommand terminated with exit code 3\n');
    t.is(done.exitCode, 3);
  });

  test.serial(`${version}: exec carries standard input to its end`, async (t) => {
    const input = 'skiff '.repeat(500_000);
    const { stdout } = await kubectl(path, ['exec', '-i', 'web', '-c', 'main', '--', 'cat'], { input });
    t.true(stdout === input, `${stdout.length} of ${input.length} bytes came back`);
  });

  test.serial(`${version}: cp there and back`, async (t) => {
    await kubectl(path, ['exec', 'web', '-c', 'main', '--', 'sh', '-c', 'ln -sf busybox /bin/tar']);
    const directory = await mkdtemp(join(tmpdir(), 'skiff-cp-'));
    t.teardown(() => rm(directory, { recursive: true }));
    const text = `${version} `.repeat(100_000);
    await writeFile(join(directory, 'there'), text);
    await kubectl(path, ['cp', '-c', 'main', join(directory, 'there'), 'default/web:/tmp/file']);
    await kubectl(path, ['cp', '-c', 'main', 'default/web:/tmp/file', join(directory, 'back')]);
    t.is(await readFile(join(directory, 'back'), 'utf8'), text);
  });

  test.serial(`${version}: port-forward, one connection after the other`, async (t) => {
    const words = [path, '--kubeconfig', join(data, 'admin.conf'), 'port-forward', 'pod/web', '18080:8080'];
    const child = spawn('nsenter', inside(words), { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    try {
      for (let times = 0; times < 3; times++) {
        const { stdout } = await exec('nsenter', inside(['curl', '-s', '-m', '10', 'http://127.0.0.1:18080/']), signal);
        t.is(stdout, 'hello');
      }
    } finally {
      const ended = once(child, 'exit'); // the next one listens on the same port
      child.kill('SIGKILL');
      await ended;
    }
  });
}

const status = { metadata: {}, status: 'Failure', reason: 'NonZeroExitCode' };
const speaks = test.macro<[string, readonly string[]]>({
  title: (_title, protocol) => `the server speaks ${protocol || 'WebSocket without a subprotocol'}`,
  async exec(t, protocol, expected) {
    const query = 'output=1&error=1&command=sh&command=-c&command=echo+hi%3B+exit+2';
    const { messages, ...rest } = await webSocket(`/exec/default/web/main?${query}`, protocol);
    t.deepEqual(rest, { protocol, code: 1000 });
    t.deepEqual(messages.slice(0, 2), expected.slice(0, 2));
    t.true(messages[2]?.startsWith(expected[2]!), messages[2]);
    t.is(messages.length, 3);
  },
});
test.serial(speaks, 'v5.channel.k8s.io', ['\x01', '\x01hi\n', `\x03${JSON.stringify(status).slice(0, 30)}`]);
test.serial(speaks, 'v4.channel.k8s.io', ['\x01', '\x01hi\n', `\x03${JSON.stringify(status).slice(0, 30)}`]);
test.serial(speaks, 'v4.base64.channel.k8s.io', ['1', '1aGkK', '3eyJtZXRhZGF0YSI6e30s']);
test.serial(speaks, 'channel.k8s.io', ['\x01', '\x01hi\n', '\x03command terminated with non-zero exit code']);
test.serial(speaks, '', ['\x01', '\x01hi\n', '\x03command terminated with non-zero exit code']);

test.serial('v5.channel.k8s.io closes standard input by its signal', async (t) => {
  const query = 'input=1&output=1&command=cat';
  const { messages } = await webSocket(`/exec/default/web/main?${query}`, 'v5.channel.k8s.io', '00616263,ff00');
  t.deepEqual(messages, ['\x01', '\x01abc', '\x03{"metadata":{},"status":"Success"}']);
});

test.serial('v4.channel.k8s.io forwards ports in pairs of channels', async (t) => {
  const request = Buffer.from('\0GET / HTTP/1.0\r\n\r\n').toString('hex');
  const { messages } = await webSocket('/portForward/default/web?port=8080', 'v4.channel.k8s.io', request);
  t.deepEqual(messages.slice(0, 2), ['\0\x90\x1f', '\x01\x90\x1f']);
  const said = messages.slice(2).map((message) => message.slice(1));
  t.true(said.join('').endsWith('hello'));
});

test.serial('logs come over WebSocket, too', async (t) => {
  const path = '/containerLogs/default/web/main?tailLines=2';
  const plain = await webSocket(path, '');
  t.deepEqual([plain.code, plain.messages.join('').length], [1000, 'started\nproblem\n'.length]);
  const { protocol, messages } = await webSocket(path, 'base64.binary.k8s.io');
  t.is(protocol, 'base64.binary.k8s.io');
  t.is(Buffer.from(messages.join(''), 'base64').length, 'started\nproblem\n'.length);
});

test.serial('nobody is let in without a name, nor with one that may not', async (t) => {
  const ca = join(data, 'pki/ca.crt');
  const curl = (...args: readonly string[]) =>
    exec('nsenter', inside(['curl', '-s', '--cacert', ca, 'https://127.0.0.1:10250/pods', ...args]), signal);
  t.is((await curl()).stdout, 'Unauthorized\n');
  t.is((await curl('-H', 'Authorization: Bearer nonsense')).stdout, 'Unauthorized\n');
  const { stdout: token } = await kubectl(versions.at(-1)!, ['create', 'token', 'default']);
  const words =
    'Forbidden (user=system:serviceaccount:default:default, verb=get, resource=nodes, subresource(s)=[pods proxy])\n';
  t.is((await curl('-H', `Authorization: Bearer ${token.trim()}`)).stdout, words);
});

test.serial('usage can be asked through the API server', async (t) => {
  const raw = async (path: string) =>
    (await kubectl(versions.at(-1)!, ['get', '--raw', `/api/v1/nodes/n1/proxy/${path}`])).stdout;
  const summary = JSON.parse(await raw('stats/summary')) as {
    pods: { podRef: { name: string }; containers: unknown[] }[];
  };
  t.deepEqual(
    summary.pods.map(({ podRef, containers }) => [podRef.name, containers.length]),
    [['web', 2]],
  );
  t.regex(
    await raw('metrics/resource'),
    /container_memory_working_set_bytes\{container="main",namespace="default",pod="web"\} \d+ \d+/,
  );
});

test.serial('the agent tells of itself', async (t) => {
  const { stdout } = await kubectl(versions.at(-1)!, ['get', '--raw', '/api/v1/nodes/n1/proxy/metrics']);
  t.regex(stdout, /^kubelet_running_pods 1$/m);
  t.regex(stdout, /^kubelet_node_name\{node="n1"\} 1$/m);
});

test.serial('logs --follow ends with the container, all of it read', async (t) => {
  const words = [
    versions.at(-1)!,
    '--kubeconfig',
    join(data, 'admin.conf'),
    'logs',
    '-f',
    'web',
    '-c',
    'main',
    '--tail=1',
  ];
  const follower = spawn('nsenter', inside(words), { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => void follower.kill('SIGKILL'));
  let said = '';
  follower.stdout.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const over = once(follower, 'close');
  await once(follower.stdout, 'data'); // from here on it follows
  const lines = Array.from({ length: 2_000 }, (_none, index) => `${index}`);
  await kubectl(versions.at(-1)!, ['attach', '-i', 'web', '-c', 'main'], { input: `${lines.join('\n')}\nquit\n` });
  await over;
  const answers = [...lines, 'quit'].map((line) => `got ${line}\n`).join('');
  t.true(said.endsWith(answers), said.slice(-100));
  t.is(said.split('\n').length, 1 + lines.length + 1 + 1, 'the line before, and all that came');
});

async function webSocket(path: string, protocol: string, hex = '') {
  const file = fileURLToPath(new URL('live-web-socket.ts', import.meta.url));
  const words = inside([process.execPath, file, join(data, 'pki'), path, protocol, hex]);
  const { stdout } = await exec('nsenter', words, signal);
  return JSON.parse(stdout) as { protocol: string; code: number; messages: readonly string[] };
}
