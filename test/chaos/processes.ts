// What is killed: a control plane on loopback, and hollow nodes in several processes.
import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { execa, type ResultPromise } from 'execa';
import { connect } from '#lib/client/connect.ts';
import { freePort } from '#lib/free-port.ts';
import { home } from '../lab.ts';

export interface Machinery extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly log: string;
  /** Ends the control plane at once, and starts it anew. */
  killServer(): Promise<void>;
  startFleet(group: number): void;
  killFleet(group: number): Promise<void>;
}

export const groups = 3;
export const nodesPerGroup = 8;
export const nodesOf = (group: number) =>
  Array.from({ length: nodesPerGroup }, (_, i) => `hollow-${group * nodesPerGroup + i}`);

/** What fails or is stopped before it is up leaves nothing. */
export async function startMachinery(signal: AbortSignal): Promise<Machinery> {
  await using undo = new AsyncDisposableStack();
  const folder = mkdtempSync('/tmp/skiff-chaos.');
  undo.defer(() => rmSync(folder, { recursive: true }));
  const port = String(await freePort());
  const kubeconfig = `${folder}/admin.conf`;
  const log = `${folder}/server.log`;
  const run = (...words: string[]) =>
    execa(process.execPath, [`${home}/cli/main.ts`, ...words], {
      reject: false,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: { file: log, append: true },
    }) as unknown as ResultPromise;
  const serve = () => run('server', '--data-dir', folder, '--bind-address', '127.0.0.1', '--secure-port', port);
  const fleets = new Map<number, ResultPromise>();
  let server = serve();
  undo.defer(() => end(server, 'SIGTERM'));
  undo.defer(async () => {
    await Promise.all([...fleets.keys()].map(killFleet));
  });
  await untilUp(kubeconfig, signal);

  async function killFleet(group: number): Promise<void> {
    const fleet = fleets.get(group);
    fleets.delete(group);
    if (fleet !== undefined) await end(fleet, 'SIGKILL');
  }

  const parts = undo.move();
  return {
    kubeconfig,
    log,
    async killServer() {
      await end(server, 'SIGKILL');
      signal.throwIfAborted();
      server = serve();
      await untilUp(kubeconfig, signal);
    },
    startFleet(group) {
      if (fleets.has(group)) return;
      const numbers = ['--nodes', String(nodesPerGroup), '--first', String(group * nodesPerGroup)];
      fleets.set(group, run('hollow', '--kubeconfig', kubeconfig, ...numbers));
    },
    killFleet,
    [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
  };
}

/** Asks a process to end, and does not ask for ever. */
async function end(process: ResultPromise, how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  process.kill(how);
  const late = setTimeout(() => process.kill('SIGKILL'), 20_000);
  await process;
  clearTimeout(late);
}

async function untilUp(kubeconfig: string, signal: AbortSignal): Promise<void> {
  for (let i = 0; i < 600; i++) {
    signal.throwIfAborted();
    try {
      await using connection = await connect(kubeconfig);
      await connection.client.raw('GET', '/readyz', AbortSignal.any([signal, AbortSignal.timeout(1_000)]));
      return;
    } catch {
      await delay(100);
    }
  }
  throw new Error('The server did not become ready');
}
