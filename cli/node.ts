import type { Command } from 'commander';
import { adminConfig } from './admin-config.ts';
import { live } from './life.ts';

interface DrainFlags {
  readonly kubeconfig?: string;
  readonly force?: boolean;
  readonly deleteEmptydirData?: boolean;
  readonly gracePeriod?: string;
  readonly timeout: string;
}

interface RemoveFlags extends DrainFlags {
  readonly drain: boolean;
}

export function addNode(program: Command): void {
  const node = program.command('node').description('Take a node out of service, or out of the cluster.');
  const options = (command: Command) =>
    command
      .option('--force', 'evict pods that nothing would make anew, too')
      .option('--delete-emptydir-data', 'evict pods that keep data in emptyDir volumes, too: it is lost')
      .option('--grace-period <seconds>', 'how long pods may take to end, instead of what they say themselves')
      .option('--timeout <duration>', 'give up after so long, such as 90s or 5m; 0: never', '0')
      .option('--kubeconfig <file>', 'as whom ($KUBECONFIG, or what a server of this machine wrote)');
  options(
    node
      .command('drain <name>')
      .description(
        'Take no more pods onto a node and evict those it has, as their PodDisruptionBudgets allow. Pods of DaemonSets stay. `kubectl uncordon` takes it back into service.',
      ),
  ).action((name: string, flags: DrainFlags) => live((signal) => drain(name, flags, signal)));
  options(
    node
      .command('remove <name>')
      .description('Drain a node and take it out of the cluster. End its agent first, or it comes back.')
      .option('--no-drain', 'for a node that is lost: its pods are given up'),
  ).action((name: string, flags: RemoveFlags) => live((signal) => remove(name, flags, signal)));
}

async function drain(name: string, flags: DrainFlags, signal: AbortSignal): Promise<void> {
  const { connect } = await import('#lib/client/connect.ts');
  const { createClock } = await import('#lib/clock.ts');
  const { drainNode } = await import('./drain/drain.ts');
  const { parseDuration } = await import('#lib/api/json/duration.ts');
  const timeoutMs = Number(parseDuration(flags.timeout) / 1_000_000n);
  const graceSeconds = flags.gracePeriod === undefined ? undefined : Number(flags.gracePeriod);
  if (graceSeconds !== undefined && !(Number.isInteger(graceSeconds) && graceSeconds >= 0)) {
    throw new Error(`--grace-period must be a number of seconds: it is ${flags.gracePeriod}`);
  }
  await using connection = await connect(await adminConfig(flags.kubeconfig), { userAgent: 'skiff' });
  const late = timeoutMs === 0 ? [] : [AbortSignal.timeout(timeoutMs)];
  try {
    await drainNode(
      {
        client: connection.client,
        nodeName: name,
        force: flags.force ?? false,
        deleteEmptyDirData: flags.deleteEmptydirData ?? false,
        ...(graceSeconds === undefined ? {} : { graceSeconds }),
        say: (line) => process.stdout.write(`${line}\n`),
        clock: createClock(),
      },
      AbortSignal.any([signal, ...late]),
    );
  } catch (error) {
    if (late[0]?.aborted) throw new Error(`${name} was not drained within ${flags.timeout}: it takes no more pods`);
    throw error;
  }
  process.stdout.write(`Drained ${name}\n`);
}

async function remove(name: string, flags: RemoveFlags, signal: AbortSignal): Promise<void> {
  const { nodes } = await import('#lib/api/resources.ts');
  const { connect } = await import('#lib/client/connect.ts');
  if (flags.drain) await drain(name, flags, signal);
  await using connection = await connect(await adminConfig(flags.kubeconfig), { userAgent: 'skiff' });
  await connection.client.delete(nodes, { name }, signal);
  process.stdout.write(
    `Removed ${name}. An agent that still runs there makes it a node again: end it, and take /var/lib/kubelet/pki away\n`,
  );
}
