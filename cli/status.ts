import type { Command } from 'commander';
import { live } from './life.ts';

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('Show what runs of a cluster, and whether its nodes are Ready. Exits with 1 if something is missing.')
    .option('-d, --data <folder>', 'where it is kept', '/var/lib/skiff')
    .action((options: { readonly data: string }) => live((signal) => status(options.data, signal)));
}

async function status(data: string, signal: AbortSignal): Promise<void> {
  const { resolve } = await import('node:path');
  const { readState, layoutFor } = await import('../vagrant/lab/state.ts');
  const { isAlive } = await import('../vagrant/lab/processes.ts');
  const dataDir = resolve(data);
  const state = readState(dataDir);
  if (state === undefined) {
    process.stdout.write(`No cluster is kept in ${dataDir}. \`skiff up\` makes one.\n`);
    process.exitCode = 1;
    return;
  }
  const rows = Object.entries(state.processes).map(([name, id]) => [name, isAlive(id) ? `runs (${id.pid})` : 'ended']);
  const layout = layoutFor({ ...state, dataDir });
  const nodeRows = await nodesOf(layout, signal);
  const width = Math.max(...[...rows, ...nodeRows].map(([name]) => name!.length));
  for (const [name, word] of [...rows, ...nodeRows]) process.stdout.write(`${name!.padEnd(width)}  ${word}\n`);
  process.stdout.write(`\nexport KUBECONFIG=${layout.kubeconfig}\n`);
  if (![...rows, ...nodeRows].every(([, word]) => /^(runs|Ready)/.test(word!))) process.exitCode = 1;
}

async function nodesOf(
  layout: { readonly kubeconfig: string },
  signal: AbortSignal,
): Promise<readonly (readonly [string, string])[]> {
  const { nodes } = await import('#lib/api/resources.ts');
  const { connectAsAdmin } = await import('../vagrant/lab/admin.ts');
  const { isReady } = await import('../vagrant/lab/cluster.ts');
  try {
    await using connection = await connectAsAdmin(layout);
    const { items } = await connection.client.list(nodes, {}, AbortSignal.any([signal, AbortSignal.timeout(5_000)]));
    return items.map((node) => [`node ${node.metadata.name}`, isReady(node) ? 'Ready' : 'NotReady']);
  } catch (error) {
    return [['API', `does not answer: ${error instanceof Error ? error.message : String(error)}`]];
  }
}
