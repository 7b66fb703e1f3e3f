// Three members of etcd and three servers on loopback, that can be killed, paused and started again one by one.
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createClock } from '#lib/clock.ts';
import { freePort } from '../../controlplane/store/etcd/testing.ts';
import { home } from '../lab.ts';

export interface Member {
  readonly name: string;
  start(): void;
  /** At once, or frozen as a machine that swaps to death. */
  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void;
  isRunning(): boolean;
}

export interface ControlPlane extends AsyncDisposable {
  readonly etcds: readonly Member[];
  readonly servers: readonly (Member & { readonly url: string })[];
  /** An administrator's, of the first server. */
  readonly adminConfig: string;
  readonly folder: string;
}

const clock = createClock();

export async function startControlPlane(count = 3): Promise<ControlPlane> {
  const folder = mkdtempSync('/tmp/skiff-rounds.');
  const indexes = Array.from({ length: count }, (_, i) => i);
  const ports = await Promise.all(
    indexes.map(async () => ({ client: await freePort(), peer: await freePort(), api: await freePort() })),
  );
  const cluster = ports.map(({ peer }, i) => `e${i}=http://127.0.0.1:${peer}`).join();
  const etcds = ports.map(({ client, peer }, i) =>
    member(folder, `e${i}`, [
      'etcd',
      `--name=e${i}`,
      `--data-dir=${folder}/e${i}`,
      `--listen-client-urls=http://127.0.0.1:${client}`,
      `--advertise-client-urls=http://127.0.0.1:${client}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=${cluster}`,
      '--log-level=error',
    ]),
  );
  const urls = ports.map(({ client }) => `http://127.0.0.1:${client}`);
  const servers = ports.map(({ api }, i) => ({
    url: `https://127.0.0.1:${api}`,
    ...member(folder, `s${i}`, [
      process.execPath,
      `${home}/cli/main.ts`,
      'server',
      `--data-dir=${folder}/s${i}`,
      '--bind-address=127.0.0.1',
      `--advertise-address=192.0.2.${i + 1}`,
      `--secure-port=${api}`,
      `--etcd-servers=${[...urls.slice(i), ...urls.slice(0, i)].join()}`,
    ]),
  }));
  const adminConfig = `${folder}/s0/admin.conf`;
  for (const one of etcds) one.start();
  servers[0]!.start();
  const end = AbortSignal.timeout(60_000);
  while (!existsSync(adminConfig)) await clock.sleep(50, end);
  // Those who share a cluster share its authorities; each makes its own certificates of them.
  for (const { name } of servers.slice(1)) {
    mkdirSync(`${folder}/${name}/pki`, { recursive: true });
    for (const file of ['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key', 'sa.pub']) {
      cpSync(`${folder}/s0/pki/${file}`, `${folder}/${name}/pki/${file}`);
    }
  }
  for (const one of servers.slice(1)) one.start();
  return {
    etcds,
    servers,
    adminConfig,
    folder,
    async [Symbol.asyncDispose]() {
      for (const one of [...servers, ...etcds]) one.signal('SIGKILL');
      await clock.sleep(200, AbortSignal.timeout(5_000));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function member(folder: string, name: string, words: readonly string[]): Member {
  let child: ChildProcess | undefined;
  const [file, ...args] = words;
  return {
    name,
    start() {
      const log = openSync(`${folder}/${name}.log`, 'a');
      child = spawn(file!, args, { stdio: ['ignore', log, log] });
      child.once('error', (error) => process.stderr.write(`Cannot start ${file}: ${error.message}\n`));
    },
    signal: (kind) => void child?.kill(kind),
    isRunning: () => child !== undefined && child.exitCode === null && child.signalCode === null,
  };
}

export function tailOfLog(folder: string, name: string): string {
  return readFileSync(`${folder}/${name}.log`, 'utf8').split('\n').slice(-8).join('\n');
}
