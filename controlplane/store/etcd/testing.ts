// Real etcd in a folder of its own, on loopback, for tests.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#lib/clock.ts';
import { freePort } from '#lib/free-port.ts';

export interface TestEtcd {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Files of a member that speaks TLS, and believes only whom its authority has signed. */
export interface ServerTls {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** One member. */
export async function startTestEtcd(clock: Clock, tls?: ServerTls): Promise<TestEtcd> {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-etcd-'));
  const [client, peer, health] = [await freePort(), await freePort(), await freePort()];
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const words = [
    `--data-dir=${folder}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    `--listen-metrics-urls=http://127.0.0.1:${health}`,
    '--log-level=error',
    ...(tls === undefined
      ? []
      : [
          '--client-cert-auth',
          `--trusted-ca-file=${tls.caFile}`,
          `--cert-file=${tls.certFile}`,
          `--key-file=${tls.keyFile}`,
        ]),
  ];
  const child = spawn('etcd', words, {
    stdio: 'ignore', // it talks much even of errors alone
  });
  const ended = endOf(child);
  await Promise.race([ended, isHealthy(`http://127.0.0.1:${health}`, clock)]);
  return {
    url,
    pid: child.pid!,
    async stop() {
      child.kill('SIGKILL');
      await ended.catch(() => {});
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function endOf(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    child.once('error', (error) => {
      reject(new Error('Cannot start etcd: install it with "apt-get install etcd-server"', { cause: error }));
    });
    child.once('exit', (code) => reject(new Error(`etcd ended with ${code}`)));
  });
}

async function isHealthy(url: string, clock: Clock): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  for (;;) {
    const health = await fetch(`${url}/health`, { signal }).catch(() => undefined);
    if (health?.ok && JSON.stringify(await health.json()).includes('true')) return;
    await clock.sleep(50, signal);
  }
}
