// `npm run vagrant:test`: the real `vagrant up` on the box built here, and what a cluster of machines has to stand.
// It runs where inside.sh put it: there is libvirt, and no way out. --smoke: also some of upstream's specs.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { exec } from '#lib/exec.ts';
import { ensureSuite } from '../conformance/suite.ts';
import { home } from './checkout.ts';
import { createChecks } from './checks.ts';
import { runClusterSuite } from './cluster-suite.ts';

const life = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => life.abort(new Error(`Ended by ${name}`)));
const { signal } = life;
const nodes = Number(process.env['SKIFF_NODES'] ?? 1);
const cache = `${home}/.cache/vagrant`;
const box = process.env['SKIFF_BOX'] ?? `${cache}/box/${process.env['SKIFF_BOX_SUITE'] ?? 'bookworm'}/skiff.box`;
const lines: string[] = [];
const write = (line: string): void => {
  lines.push(line);
  process.stdout.write(`${line}\n`);
};

await mkdir(`${cache}/home`, { recursive: true });
const kept = process.env['VAGRANT_DOTFILE_PATH']; // machines that are there: the run goes on with them
const dotfiles = kept ?? (await mkdtemp('/var/tmp/skiff-vagrant.'));
const env = {
  VAGRANT_HOME: `${cache}/home`,
  VAGRANT_DOTFILE_PATH: dotfiles,
  VAGRANT_DEFAULT_PROVIDER: 'libvirt',
  VAGRANT_CHECKPOINT_DISABLE: '1',
  SKIFF_BOX: box,
  SKIFF_ISOLATED: '1',
  SKIFF_EMULATED: process.env['SKIFF_EMULATED'] ?? '1', // what calls itself KVM inside a virtual machine need not be it
  SKIFF_NODES: String(nodes),
  SKIFF_MEMORY: process.env['SKIFF_MEMORY'] ?? '1536',
  SKIFF_CPUS: process.env['SKIFF_CPUS'] ?? '1', // emulated side by side, two of them bring Node.js down now and then
};
const checks = createChecks(write);
const suite = process.argv.includes('--smoke') ? await ensureSuite(undefined, write) : undefined;
const smokeWords = ['test/conformance/main.ts', '--spec', 'test/vagrant/smoke.txt', '--workers', '2', '--again'];
const kubeconfig = `${dotfiles}/skiff/kubeconfig`;
const smoke = (images: string) => ({
  images,
  run: () => run(process.execPath, [...smokeWords, '--kubeconfig', kubeconfig, '--out', `${cache}/smoke`], 2_400_000),
});
try {
  await runClusterSuite({
    checks,
    nodes,
    vagrant: (words, timeoutMs = 900_000) => run('vagrant', words, timeoutMs),
    virsh: (words) => run('virsh', ['-c', 'qemu:///system', ...words], 60_000),
    ...(suite?.images === undefined ? {} : { smoke: smoke(suite.images) }),
    kubectl: (words, input) => run('kubectl', ['--kubeconfig', kubeconfig, ...words], 300_000, input),
  });
} finally {
  if (kept === undefined) await rm(dotfiles, { recursive: true });
}
write(`${checks.passed} passed, ${checks.failed} failed`);
await writeFile(`${cache}/test.txt`, `${lines.join('\n')}\n`);
process.exitCode = checks.failed === 0 ? 0 : 1;

async function run(file: string, words: readonly string[], timeoutMs: number, input?: string): Promise<string> {
  const options = { cwd: home, env, timeoutMs, ...(input === undefined ? {} : { input }) };
  return (await exec(file, words, signal, options)).stdout;
}
