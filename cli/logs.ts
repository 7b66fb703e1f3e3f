import type { Command } from 'commander';
import { live } from './life.ts';

interface Options {
  readonly data: string;
  readonly follow?: boolean;
  readonly tail: string;
}

export function addLogs(program: Command): void {
  program
    .command('logs')
    .description(
      "Show what a cluster's processes wrote: server, node1/agent, node1/containerd, ... (all unless named).",
    )
    .argument('[process]', 'as `skiff status` names it')
    .option('-d, --data <folder>', 'where the cluster is kept', '/var/lib/skiff')
    .option('-f, --follow', 'go on with what comes')
    .option('-t, --tail <lines>', 'how many lines of each to begin with', '50')
    .action((name: string | undefined, options: Options) => live((signal) => logs(name, options, signal)));
}

async function logs(name: string | undefined, options: Options, signal: AbortSignal): Promise<void> {
  const { resolve } = await import('node:path');
  const { existsSync } = await import('node:fs');
  const { execa } = await import('execa');
  const { readState } = await import('../vagrant/lab/state.ts');
  const dataDir = resolve(options.data);
  const names = Object.keys(readState(dataDir)?.processes ?? {});
  if (names.length === 0) throw new Error(`No cluster is kept in ${dataDir}. \`skiff up\` makes one`);
  if (name !== undefined && !names.includes(name)) {
    throw new Error(`There is no process "${name}"; there are ${names.join(', ')}`);
  }
  const files = (name === undefined ? names : [name])
    .map((n) => `${dataDir}/log/${n}.log`)
    .filter((f) => existsSync(f));
  const words = ['-n', options.tail, ...(options.follow ? ['-F'] : []), ...files];
  await execa('tail', words, { stdio: 'inherit', cancelSignal: signal, reject: false });
}
