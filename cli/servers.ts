// `skiff server list | remove`: the servers of a control plane that runs its etcd itself.
import type { Command } from 'commander';
import type { ServerEntry } from '../controlplane/members/servers.ts';
import { adminConfig } from './admin-config.ts';
import { live } from './life.ts';

interface Flags {
  readonly kubeconfig?: string;
}

export function addServers(server: Command): void {
  const kubeconfig = ['--kubeconfig <file>', 'as whom ($KUBECONFIG, or what a server of this machine wrote)'] as const;
  server
    .command('list')
    .description('Show the servers that make up the control plane.')
    .option(...kubeconfig)
    .action((flags: Flags) => live((signal) => list(flags, signal)));
  server
    .command('remove <name>')
    .description('Take a server out of the control plane, whether it still runs or is lost. It ends.')
    .option(...kubeconfig)
    .action((name: string, flags: Flags) => live((signal) => remove(name, flags, signal)));
}

async function list(flags: Flags, signal: AbortSignal): Promise<void> {
  const entries = (await ask('GET', '', flags, signal)) as readonly ServerEntry[];
  const rows = [
    ['NAME', 'STATE', 'PEERS', 'CLIENTS'],
    ...entries.map((e) => [e.name, e.state, e.peerUrl, e.clientUrl]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) {
    const line = row.map((cell, column) => cell.padEnd(widths[column]!)).join('   ');
    process.stdout.write(`${line.trimEnd()}\n`);
  }
}

async function remove(name: string, flags: Flags, signal: AbortSignal): Promise<void> {
  await ask('DELETE', `/${encodeURIComponent(name)}`, flags, signal);
  process.stdout.write(
    `Removed ${name}. Its --data-dir is of no use any more: delete it before the machine joins again\n`,
  );
}

async function ask(method: string, below: string, flags: Flags, signal: AbortSignal): Promise<unknown> {
  const { connect } = await import('#lib/client/connect.ts');
  const { serversPath } = await import('../controlplane/members/servers.ts');
  await using connection = await connect(await adminConfig(flags.kubeconfig), { userAgent: 'skiff' });
  const request = { method, path: serversPath + below, headers: { accept: 'application/json' } };
  const { status, body } = await connection.transport.request(request, signal);
  const answer = JSON.parse(Buffer.concat(await Array.fromAsync(body)).toString()) as { readonly message?: string };
  if (status >= 300) throw new Error(answer.message ?? `The server answered ${status}`);
  return answer;
}
