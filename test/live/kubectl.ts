import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';
import { testCluster } from './cluster.ts';

export interface Kubectl {
  /** Such as '1.29', or 'default' for the one in PATH. */
  readonly version: string;
  readonly path: string;
}

/** Where `npm run test:kubectl` keeps the one that it fetches. */
const fetched = new URL('../../.cache/kubectl', import.meta.url).pathname;

/** Every kubectl on the machine: `kubectl` in PATH, `kubectl.1.N` beside it, and what was fetched. @throws {Error} if there is none */
export function allKubectls(): readonly Kubectl[] {
  const found = new Map<string, string>();
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of list(folder).filter((n) => n === 'kubectl')) {
      const path = realpathSync(join(folder, name));
      for (const other of list(dirname(path))) {
        const version = /^kubectl\.(1\.\d+)$/.exec(other)?.[1];
        if (version !== undefined) found.set(version, join(dirname(path), other));
      }
      if (!found.has('default')) found.set('default', path);
    }
  }
  for (const name of list(fetched)) {
    const version = /^kubectl\.(1\.\d+)$/.exec(name)?.[1];
    if (version !== undefined) found.set(version, join(fetched, name));
  }
  if (found.size === 0) throw new Error('No kubectl in PATH: apt-get install kubernetes-client');
  if (found.size > 1) found.delete('default'); // it is one of the others, or hands on to them
  return [...found].map(([version, path]) => ({ version, path })).sort((a, b) => a.version.localeCompare(b.version));
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly kubeconfig?: string;
}

/** What kubectl keeps of the server, for as long as the tests run. */
const cache = mkdtempSync('/tmp/skiff-kubectl-cache.');
process.on('exit', () => rmSync(cache, { recursive: true, force: true }));

/** Runs one kubectl against the test cluster; whatever it says is an answer. */
export async function run(kubectl: Kubectl, words: readonly string[], options: RunOptions = {}): Promise<Said> {
  const { input, timeoutMs = 60_000, kubeconfig = testCluster().kubeconfig } = options;
  const done = await execa(kubectl.path, words, {
    env: { KUBECONFIG: kubeconfig, HOME: '/nonexistent', KUBECACHEDIR: cache },
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    timeout: timeoutMs,
    reject: false,
  });
  return { stdout: done.stdout, stderr: done.stderr, code: done.exitCode ?? -1 };
}

/** Runs one that must do well, and without a warning. @returns what it printed */
export async function ok(kubectl: Kubectl, words: readonly string[], options: RunOptions = {}): Promise<string> {
  const { stdout, stderr, code } = await run(kubectl, words, options);
  if (code !== 0 || stderr.trim() !== '') {
    throw new Error(`kubectl ${kubectl.version} ${words.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
  }
  return stdout;
}
