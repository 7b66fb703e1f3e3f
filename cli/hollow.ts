import type { Command } from 'commander';
import { live } from './life.ts';

export interface HollowFlags {
  readonly kubeconfig: string;
  readonly nodes: string;
  readonly first: string;
  readonly prefix: string;
  readonly zones: string;
  readonly cpu: string;
  readonly memory: string;
  readonly pods: string;
  readonly verbose?: boolean;
}

export function addHollow(program: Command): void {
  program
    .command('hollow')
    .description('Play many nodes that run nothing: they register, keep their leases, and call their pods running.')
    .requiredOption('--kubeconfig <file>', 'how to reach the API server, as an administrator')
    .option('--nodes <number>', 'how many', '10')
    .option('--first <number>', 'number of the first one', '0')
    .option('--prefix <name>', 'of their names', 'hollow')
    .option('--zones <number>', 'over which they are spread', '3')
    .option('--cpu <amount>', 'that each has', '32')
    .option('--memory <amount>', 'that each has', '128Gi')
    .option('--pods <number>', 'that each takes', '110')
    .option('-v, --verbose', 'log more')
    .action((flags: HollowFlags) => live((signal) => hollow(flags, signal)));
}

async function hollow(flags: HollowFlags, signal: AbortSignal): Promise<void> {
  const { createClock } = await import('#lib/clock.ts');
  const { createLog } = await import('#lib/log.ts');
  const { connect } = await import('#lib/client/connect.ts');
  const { runFleet } = await import('../agent/hollow/fleet.ts');
  const log = createLog({ level: flags.verbose ? 'debug' : 'info' });
  const count = Number(flags.nodes);
  const connecting = Array.from({ length: Math.ceil(count / nodesPerConnection) }, () =>
    connect(flags.kubeconfig, { userAgent: 'hollow', log, patienceMs }),
  );
  const connections = await Promise.all(connecting);
  const options = {
    clientFor: (index: number) => connections[index % connections.length]!.client,
    first: Number(flags.first),
    count,
    prefix: flags.prefix,
    zones: Number(flags.zones),
    size: { cpu: flags.cpu, memory: flags.memory, pods: Number(flags.pods) },
    clock: createClock(),
    log,
    onReady: () => log.info('Registered all nodes', { count }),
  };
  try {
    await runFleet(options, signal);
  } finally {
    for (const connection of connections) await connection[Symbol.asyncDispose]();
  }
}
const nodesPerConnection = 250;
const patienceMs = 15_000; // client-go's
