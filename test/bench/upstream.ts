// Upstream's own control plane (v1.20.2) with etcd, on loopback: a server of ours has
// its controllers and its scheduler with it, too.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '#lib/client/connect.ts';
import { createClock } from '#lib/clock.ts';
import { freePort } from '#lib/free-port.ts';
import { startTestEtcd } from '../../controlplane/store/etcd/testing.ts';
import { temporaryFolder } from './folder.ts';

export interface Upstream extends AsyncDisposable {
  readonly kubeconfig: string;
}

/**
 * @param components the folder of its programs
 * @param skiffConfig of a server of ours: its authorities and certificates serve for this one, too
 */
export async function startUpstream(components: string, skiffConfig: string): Promise<Upstream> {
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(temporaryFolder('skiff-bench-upstream'));
  const etcd = undo.adopt(await startTestEtcd(createClock()), (it) => it.stop());
  const port = await freePort();
  const kubeconfig = `${folder.path}/admin.conf`;
  writeFileSync(kubeconfig, readFileSync(skiffConfig, 'utf8').replace(/(server: .*:)\d+/, `$1${port}`));
  const pki = `${skiffConfig.slice(0, skiffConfig.lastIndexOf('/'))}/pki`;
  const child = spawn(`${components}/kube-apiserver`, wordsOf({ etcd: etcd.url, port, pki, folder: folder.path }), {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  undo.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  for (const untilMs = performance.now() + mostMs; !(await isReady(kubeconfig)); await delay(200)) {
    if (child.exitCode !== null || performance.now() > untilMs) throw new Error("Upstream's API server did not start");
  }
  for (const name of ['kube-controller-manager', 'kube-scheduler']) {
    const own =
      name === 'kube-scheduler'
        ? []
        : [`--service-account-private-key-file=${pki}/sa.key`, `--root-ca-file=${pki}/ca.crt`];
    const ports = ['--port=0', '--secure-port=0', '--bind-address=127.0.0.1'];
    const helper = spawn(`${components}/${name}`, [`--kubeconfig=${kubeconfig}`, ...ports, ...own], {
      stdio: 'ignore',
    });
    undo.defer(() => void helper.kill('SIGKILL'));
  }
  await delay(settleMs);
  const all = undo.move();
  return { kubeconfig, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
const mostMs = 60_000;
const settleMs = 5_000; // one of each leads, and has listed what there is

interface Places {
  readonly etcd: string;
  readonly port: number;
  readonly pki: string;
  readonly folder: string;
}

function wordsOf({ etcd, port, pki, folder }: Places): readonly string[] {
  const issuer = 'https://kubernetes.default.svc.cluster.local';
  return [
    `--etcd-servers=${etcd}`,
    '--service-cluster-ip-range=10.96.0.0/12',
    '--bind-address=127.0.0.1',
    '--advertise-address=192.0.2.2',
    `--secure-port=${port}`,
    `--cert-dir=${folder}`,
    `--tls-cert-file=${pki}/apiserver.crt`,
    `--tls-private-key-file=${pki}/apiserver.key`,
    `--client-ca-file=${pki}/ca.crt`,
    `--service-account-key-file=${pki}/sa.pub`,
    `--service-account-signing-key-file=${pki}/sa.key`,
    `--service-account-issuer=${issuer}`,
    `--api-audiences=${issuer}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged',
  ];
}

async function isReady(kubeconfig: string): Promise<boolean> {
  try {
    await using connection = await connect(kubeconfig);
    await connection.client.raw('GET', '/readyz', AbortSignal.timeout(1_000));
    return true;
  } catch {
    return false;
  }
}
