// `npm run vagrant:proxy`: what Services must do in the proxy's ipvs mode, which needs a kernel that has it: on a machine of
// the box, in namespaces there; and how fast it is with 10,000 of them.
//   -- --bench        only the latter
//   -- --match WORDS  only the tests of such a title
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { freePort } from '#lib/free-port.ts';
import { home, packCheckout } from './checkout.ts';
import { type Machine, startMachine } from './machine.ts';
import { benchProxy } from './proxy-bench.ts';

/** The test runner writes beside the packages: they lie on a file system over one that is only read. */
const prepare = `exec 2>&1
modprobe -a overlay veth bridge br_netfilter dummy ip_vs ip_vs_rr nf_conntrack iptable_nat ip6table_nat xt_set vxlan || true
mkdir -p /opt/skiff /run/over /mnt/skiff
mount -o ro,noatime /dev/vdb /opt/skiff
mount -t tmpfs tmpfs /run/over
mkdir /run/over/up /run/over/work
mount -t overlay overlay -o lowerdir=/opt/skiff,upperdir=/run/over/up,workdir=/run/over/work /mnt/skiff
`;
const { values: only } = parseArgs({ options: { bench: { type: 'boolean' }, match: { type: 'string' } } });
const suite = `exec 2>&1
cd /mnt/skiff
export NO_COLOR=1 FORCE_COLOR=0 LAB_SLOWER=5
node_modules/.bin/node node_modules/ava/entrypoints/cli.js --timeout=20m agent/network-ipvs.machine.test.ts ${only.match === undefined ? '' : `--match='${only.match}'`} || true
`;

const life = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => life.abort(new Error(`Ended by ${name}`)));
const { signal } = life;
const boxDir = `${home}/.cache/vagrant/box/${process.env['SKIFF_BOX_SUITE'] ?? 'bookworm'}`;
const workDir = await mkdtemp('/var/tmp/skiff-proxy.');
try {
  const disk = `${workDir}/skiff.img`;
  await packCheckout(disk, signal, ['ava', '@vercel']);
  const doors = new Map([[await freePort(), 22]]);
  const cpus = Math.min(2, availableParallelism());
  const machine = await startMachine({ boxDir, workDir, disks: [disk], doors, memoryMb: 1536, cpus }, signal);
  await machine.run(prepare);
  if (only.bench !== true) process.exitCode = (await runSuite(machine)) ? 0 : 1;
  if (only.match === undefined) process.stdout.write(await benchProxy(machine, signal));
} finally {
  life.abort(new Error('Done'));
  await rm(workDir, { recursive: true });
}

async function runSuite(machine: Machine): Promise<boolean> {
  const text = await machine.run(suite, 1_800_000);
  process.stdout.write(text);
  const [, passed = '0'] = /(\d+) tests? passed/.exec(text) ?? [];
  const isGood = !/ tests? (?:failed|were pending)/.test(text) && passed !== '0';
  process.stdout.write(`${passed} passed, ${isGood ? 0 : 'some'} failed\n`);
  return isGood;
}
