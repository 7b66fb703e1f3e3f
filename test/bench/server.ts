import { execa } from 'execa';
import { connect } from '#lib/client/connect.ts';
import { freePort } from '#lib/free-port.ts';
import { serverFlags } from '../../vagrant/lab/lab.ts';
import { home } from '../lab.ts';
import { temporaryFolder } from './folder.ts';

export interface BenchServer extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly pid: number;
  /** From the start of the process until /readyz said ok. */
  readonly readyMs: number;
}

/** A control plane on loopback, with no nodes, in `folder` or in one that goes with it. */
export async function startServer(folder?: string, more: readonly string[] = []): Promise<BenchServer> {
  const own = folder === undefined ? temporaryFolder('skiff-bench-server') : undefined;
  const dir = folder ?? own!.path;
  const port = String(await freePort());
  const words = ['server', '--data-dir', dir, '--bind-address', '127.0.0.1', '--secure-port', port, ...more];
  const startedMs = performance.now();
  const child = execa(process.execPath, [...serverFlags, `${home}/cli/main.ts`, ...words], {
    reject: false,
    env: { MALLOC_ARENA_MAX: '1' }, // as `skiff` sets it
    stdout: 'ignore',
    stderr: 'ignore',
  });
  const kubeconfig = `${dir}/admin.conf`;
  const server = {
    kubeconfig,
    pid: child.pid!,
    readyMs: 0,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await child;
      own?.[Symbol.dispose]();
    },
  };
  while (!(await isUp(kubeconfig))) {
    if (performance.now() - startedMs > mostMs) {
      await server[Symbol.asyncDispose]();
      throw new Error('The server did not become ready');
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { ...server, readyMs: performance.now() - startedMs };
}
const mostMs = 30_000;

async function isUp(kubeconfig: string): Promise<boolean> {
  try {
    await using connection = await connect(kubeconfig);
    await connection.client.raw('GET', '/readyz', AbortSignal.timeout(500));
    return true;
  } catch {
    return false;
  }
}
