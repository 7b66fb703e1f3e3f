// `npm start` where a registry can be reached: the first workload is what people call nginx, pulled from there. The world
// is a namespace of its own with a real registry in it, which stands for the public one by name and certificate.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { issuer } from '#lib/pki/certificate.ts';
import { writeImage } from '../../vagrant/lab/image.ts';
import { toolsRecipe } from '../../vagrant/lab/images.ts';
import { home } from '../lab.ts';
import { eventually } from './cluster.ts';

const registryName = 'registry-1.docker.io';
const image = 'library/nginx:stable-alpine';
const [machineIp, worldIp] = ['192.0.2.1', '192.0.2.2'];
const [machine, world] = [`skiff-machine-${process.pid}`, `skiff-world-${process.pid}`];
const trust = '/etc/ssl/certs/ca-certificates.crt';
const greeting = 'From far away';

let folder: string;
let registry: ChildProcess;
let holder: ChildProcess; // of the machine's own mount namespace

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skiff-pull-'));
  await joinNamespaces();
  await startRegistry();
  await pushImage();
  await writeFile(join(folder, 'hosts'), `127.0.0.1 localhost\n${worldIp} ${registryName}\n`);
  const words = [`--net=/run/netns/${machine}`, 'unshare', '--mount', '--propagation', 'private', 'sleep', 'infinity'];
  holder = spawn('nsenter', words, { stdio: 'ignore' });
  await eventually('the namespace', async () => {
    // It is made first, and private only then: before `sleep` begins.
    if ((await readFile(`/proc/${holder.pid}/comm`, 'utf8')).trim() !== 'sleep') return false;
    return (await onMachine('readlink /proc/self/ns/mnt')) !== (await ownMounts());
  });
  await onMachine(`mount --bind ${folder}/hosts /etc/hosts && mount --bind ${folder}/trust.pem ${trust}`);
});

test.after.always(async () => {
  try {
    if (holder !== undefined) await onMachine(`${home}/skiff down --data ${folder}/lab`);
  } finally {
    holder?.kill();
    registry?.kill();
    for (const name of [machine, world]) await execa('ip', ['netns', 'del', name], { reject: false });
    await rm(folder, { recursive: true, force: true });
  }
});

test('the first workload is pulled, and answers', async (t) => {
  t.timeout(180_000);
  const told = await onMachine(`cd ${home} && npm start -- --data ${folder}/lab --api-port 0 2>&1`);
  t.regex(told, new RegExp(`http://hello\\.default \\([0-9.]+\\) says "${greeting}`));
  const pods = await onMachine(
    `KUBECONFIG=${folder}/lab/kubeconfig kubectl get pods -o jsonpath='{.items[*].spec.containers[*].image}'`,
  );
  t.deepEqual(pods.split(' '), ['nginx:stable-alpine', 'nginx:stable-alpine']);
  const events = await onMachine(
    `KUBECONFIG=${folder}/lab/kubeconfig kubectl get events -o jsonpath='{.items[*].message}'`,
  );
  t.regex(events, /Successfully pulled image "nginx:stable-alpine"/); // by the second node: the first had it already
});

async function joinNamespaces(): Promise<void> {
  const script = [
    `ip netns add ${machine}; ip netns add ${world}`,
    `ip link add out netns ${machine} type veth peer name in netns ${world}`,
    `ip -n ${machine} addr add ${machineIp}/24 dev out; ip -n ${machine} link set lo up; ip -n ${machine} link set out up`,
    `ip -n ${world} addr add ${worldIp}/24 dev in; ip -n ${world} link set lo up; ip -n ${world} link set in up`,
    `ip -n ${machine} route add default via ${worldIp}`,
  ];
  await execa('sh', ['-ec', script.join('\n')]);
}

async function startRegistry(): Promise<void> {
  const now = Date.now();
  const authority = await issuer.createAuthority('test', now);
  const leaf = await issuer.issueCertificate(
    authority,
    { commonName: registryName, usages: ['server'], names: [registryName] },
    now,
  );
  await writeFile(join(folder, 'trust.pem'), (await readFile(trust, 'utf8').catch(() => '')) + authority.cert);
  await writeFile(join(folder, 'tls.crt'), leaf.cert);
  await writeFile(join(folder, 'tls.key'), leaf.key);
  const config = `version: 0.1
storage: {filesystem: {rootdirectory: ${folder}/images}}
http: {addr: "${worldIp}:443", tls: {certificate: ${folder}/tls.crt, key: ${folder}/tls.key}}
`;
  await writeFile(join(folder, 'registry.yml'), config);
  registry = spawn('nsenter', [`--net=/run/netns/${world}`, 'docker-registry', 'serve', `${folder}/registry.yml`], {
    stdio: 'ignore',
  });
}

async function pushImage(): Promise<void> {
  const command = [
    'sh',
    '-c',
    `mkdir -p /tmp/w && echo '${greeting}' >/tmp/w/index.html && exec httpd -f -p 80 -h /tmp/w`,
  ];
  await writeImage({ ...toolsRecipe(), name: `docker.io/${image}`, command }, `${folder}/image.tar`);
  const copy = ['skopeo', 'copy', '--insecure-policy', '--dest-tls-verify=false', `docker-archive:${folder}/image.tar`];
  await eventually('the registry', () =>
    execa('nsenter', [`--net=/run/netns/${world}`, ...copy, `docker://${worldIp}:443/${image}`]),
  );
}

async function onMachine(script: string): Promise<string> {
  const { stdout } = await execa('nsenter', ['-t', `${holder.pid}`, '--net', '--mount', 'sh', '-ec', script]);
  return stdout;
}

const ownMounts = async () => (await execa('readlink', ['/proc/self/ns/mnt'])).stdout;
