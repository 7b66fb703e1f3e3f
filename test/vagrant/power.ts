// `npm run vagrant:power -- ROUNDS SEED`: a machine that runs a control plane loses its power while it is written to, at
// random moments. What was acknowledged must be there when it is back; its caches are lost, as on any machine.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { configMaps } from '#lib/api/resources.ts';
import { connect } from '#lib/client/connect.ts';
import { freePort } from '#lib/free-port.ts';
import { createRandom } from '../faults/random.ts';
import { home, packCheckout } from './checkout.ts';
import { same } from './checks.ts';
import { type Machine, startMachine } from './machine.ts';

const [rounds, seed] = [Number(process.argv[2] ?? 50), Number(process.argv[3] ?? Date.now() % 1_000_000)];
const life = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => life.abort(new Error(`Ended by ${name}`)));
const { signal } = life;
const say = (line: string) => process.stdout.write(`${line}\n`);
const boxDir = `${home}/.cache/vagrant/box/${process.env['SKIFF_BOX_SUITE'] ?? 'bookworm'}`;
const workDir = await mkdtemp('/var/tmp/skiff-power.');
const random = createRandom(seed);
const [sshPort, apiPort] = [await freePort(), await freePort()];
const kubeconfig = `${workDir}/kubeconfig`;
/** Name > the last number whose writing was acknowledged, and that which was asked for last. */
const written = new Map<string, { acknowledged: number; asked: number }>();

say(`${rounds} rounds, seed ${seed}`);
try {
  await packCheckout(`${workDir}/skiff.img`, signal);
  let machine = await start();
  await machine.run(
    `export SKIFF_NODE_IP=10.0.2.15
    sh /opt/skiff/vagrant/machine/prepare.sh; sh /opt/skiff/vagrant/machine/control.sh; sync`,
    600_000,
  );
  const admin = await machine.run('cat /var/lib/skiff/server/admin.conf');
  await writeFile(kubeconfig, admin.replaceAll('127.0.0.1:6443', `127.0.0.1:${apiPort}`), { mode: 0o600 });
  for (let round = 1; round <= rounds; round++) {
    const count = await writeUntilCut(machine, 300 + random.next() * 6_000);
    const startMs = Date.now();
    machine = await start();
    await verify();
    say(`✔ round ${round}: ${count} writes, back and whole after ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
  }
  await machine.cut();
  say(`${rounds} passed, 0 failed (seed ${seed})`);
} finally {
  life.abort(new Error('Done'));
  await rm(workDir, { recursive: true });
}

async function start(): Promise<Machine> {
  const doors = new Map([
    [sshPort, 22],
    [apiPort, 6443],
  ]);
  const disks = [`${workDir}/skiff.img`];
  const cpus = 1; // emulated, two of them bring Node.js down now and then
  const machine = await startMachine({ boxDir, workDir, disks, doors, memoryMb: 1024, cpus }, signal);

  await machine.run(
    `mountpoint -q /opt/skiff || { mkdir -p /opt/skiff; mount -o ro,noatime /dev/vdb /opt/skiff; }
    grep -q /opt/skiff /etc/fstab || { echo '/dev/vdb /opt/skiff ext4 ro,noatime 0 0' >>/etc/fstab; sync; }`,
  );
  return machine;
}

/** Four writers, each with its own object, until the power goes. @returns how many writes were acknowledged */
async function writeUntilCut(machine: Machine, afterMs: number): Promise<number> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(Math.round(afterMs) + 30_000)]);
  await using connection = await connect(kubeconfig, { userAgent: 'power' });
  let [count, isCut] = [0, false];
  const writers = ['a', 'b', 'c', 'd'].map(async (name) => {
    const key = { namespace: 'default', name: `power-${name}` };
    const state = written.get(name) ?? { acknowledged: 0, asked: 0 };
    written.set(name, state);
    while (!isCut) {
      const value = String(++state.asked);
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data: { value, pad: 'x'.repeat(2_000) } };
      const patch = { type: 'apply', body: object, fieldManager: 'power', force: true } as const;
      try {
        await connection.client.patch(configMaps, key, patch, end);
        state.acknowledged = Number(value);
        count++;
      } catch {
        if (isCut || end.aborted) return;
        await delay(50); // the server may not have come up altogether
      }
    }
  });
  await delay(afterMs, undefined, { signal });
  isCut = true;
  await machine.cut();
  await Promise.all(writers);
  return count;
}

async function verify(): Promise<void> {
  await using connection = await connect(kubeconfig, { userAgent: 'power' });
  const { client } = connection;
  for (const deadline = Date.now() + 180_000; ; await delay(500)) {
    const text = await client
      .raw('GET', '/readyz', AbortSignal.any([signal, AbortSignal.timeout(10_000)]))
      .catch(String);
    if (text === 'ok') break;
    if (Date.now() > deadline) throw new Error(`The server is not ready: ${text} (seed ${seed})`);
  }
  for (const [name, { acknowledged, asked }] of written) {
    const found = await client.get(configMaps, { namespace: 'default', name: `power-${name}` }, signal);
    const value = Number(found.data?.['value']);
    same(
      acknowledged <= value && value <= asked,
      true,
      `seed ${seed}: ${name} at ${value}, acknowledged ${acknowledged}`,
    );
    written.set(name, { acknowledged: value, asked });
  }
}
