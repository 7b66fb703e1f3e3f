import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { execa } from 'execa';
import type { Target } from './cluster.ts';
import { type Result, resultOf } from './result.ts';
import { isSlow } from './spec.ts';
import type { Suite } from './suite.ts';

export interface RunOptions {
  readonly contentType: string;
  /** Instead of the usual limits. */
  readonly limitSeconds?: number | undefined;
}

/** Runs one spec in a process of its own, and ends it if it hangs or `signal` is aborted. */
export async function runSpec(
  name: string,
  suite: Suite,
  target: Target,
  options: RunOptions,
  signal: AbortSignal,
): Promise<Result> {
  const folder = mkdtempSync('/tmp/skiff-spec.');
  const limitSeconds = options.limitSeconds ?? (isSlow(name) ? 2400 : 900);
  const flags = [
    `--ginkgo.focus=${escapeRegex(name)}\\s*$`,
    '--ginkgo.noColor',
    '--provider=skeleton',
    `--kubeconfig=${target.kubeconfig}`,
    `--kubectl-path=${suite.kubectl}`,
    `--kube-api-content-type=${options.contentType}`,
    `--host=${target.host}`,
    '--container-runtime=remote',
    '--dump-logs-on-failure=false',
    '--disable-log-dump',
    `--report-dir=${folder}`,
    `--num-nodes=${target.nodeCount}`,
    '--minStartupPods=0',
    `--test.timeout=${limitSeconds + 60}s`,
  ];
  const [file, ...words] = [...target.within, suite.test, ...flags];
  const startedMs = performance.now();
  const done = await execa(file!, words, {
    cwd: folder,
    reject: false,
    all: true,
    timeout: limitSeconds * 1000,
    forceKillAfterDelay: 5_000,
    cancelSignal: signal,
    maxBuffer: 16 * 1024 * 1024,
    env: { KUBECONFIG: target.kubeconfig },
  });
  const junit = `${folder}/junit_01.xml`;
  const result = resultOf(name, existsSync(junit) ? readFileSync(junit, 'utf8') : undefined, {
    exitCode: done.exitCode ?? -1,
    seconds: (performance.now() - startedMs) / 1000,
    hasTimedOut: done.timedOut,
    output: done.all ?? '',
  });
  rmSync(folder, { recursive: true, force: true });
  return result;
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\s+/g, '\\s+');
}
