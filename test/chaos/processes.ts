// What is killed: a control plane on loopback, and hollow nodes in several processes.
import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { execa, type ResultPromise } from 'execa';
import { connect } from '#lib/client/connect.ts';
import { freePort } from '../../vagrant/lab/control-plane.ts';
import { home } from '../lab.ts';

export interface Machinery extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly folder: string;
  /** Ends the control plane at once, and starts it anew. */
  killServer(): Promise<void>;
  startFleet(group: number): void;
  killFleet(group: number): Promise<void>;
}

export const groups = 3;
export const nodesPerGroup = 8;

export async function startMachinery(): Promise<Machinery> {
  const folder = mkdtempSync('/tmp/skiff-chaos.');
  const port = String(await freePort());
  const kubeconfig = `${folder}/admin.conf`;
  const run = (...words: string[]) =>
    execa(process.execPath, [`${home}/cli/main.ts`, ...words], {
      reject: false,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: { file: `${folder}/server.log`, append: true },
    });
  const serve = () => run('server', '--data-dir', folder, '--bind-address', '127.0.0.1', '--secure-port', port);
  const fleets = new Map<number, ResultPromise>();
  let server = serve();
  await untilUp(kubeconfig);

  async function killFleet(group: number): Promise<void> {
    const fleet = fleets.get(group);
    fleets.delete(group);
    fleet?.kill('SIGKILL');
    await fleet;
  }

  return {
    kubeconfig,
    folder,
    async killServer() {
      server.kill('SIGKILL');
      await server;
      server = serve();
      await untilUp(kubeconfig);
    },
    startFleet(group) {
      if (fleets.has(group)) return;
      const numbers = ['--nodes', String(nodesPerGroup), '--first', String(group * nodesPerGroup)];
      fleets.set(group, run('hollow', '--kubeconfig', kubeconfig, ...numbers) as unknown as ResultPromise);
    },
    killFleet,
    async [Symbol.asyncDispose]() {
      for (const group of [...fleets.keys()]) await killFleet(group);
      server.kill('SIGTERM');
      await server;
      rmSync(folder, { recursive: true });
    },
  };
}

async function untilUp(kubeconfig: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    try {
      await using connection = await connect(kubeconfig);
      await connection.client.raw('GET', '/readyz', AbortSignal.timeout(1_000));
      return;
    } catch {
      await delay(100);
    }
  }
  throw new Error('The server did not become ready');
}
