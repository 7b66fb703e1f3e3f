import type { Command } from 'commander';
import { live, requireRoot } from './life.ts';

interface Flags {
  readonly kubeconfig?: string;
  readonly rootDir: string;
  readonly containerRuntimeEndpoint: string;
}

/** `skiff agent plan`: the pod worker's plan for a pod of this node, printed and not done. */
export function addPlan(agent: Command): void {
  agent
    .command('plan <pod>')
    .description(
      "Print what the agent would do next for a pod of this node (NAMESPACE/NAME), without doing it. The agent's own options tell where things are.",
    )
    .action((pod: string, _flags: unknown, command: Command) =>
      live((signal) => plan(pod, command.optsWithGlobals<Flags>(), signal)),
    );
}

async function plan(name: string, flags: Flags, signal: AbortSignal): Promise<void> {
  requireRoot();
  if (flags.kubeconfig === undefined) throw new Error('--kubeconfig is needed: skiff agent --kubeconfig FILE plan POD');
  const [key, namespace = 'default'] = name.split('/').reverse();
  const { pods } = await import('#lib/api/resources.ts');
  const { connect } = await import('#lib/client/connect.ts');
  const { createClock } = await import('#lib/clock.ts');
  const { createLog } = await import('#lib/log.ts');
  const { printPlan } = await import('../agent/pods/print-plan.ts');
  const clock = createClock();
  const log = createLog({ level: 'error' });
  await using connection = await connect(flags.kubeconfig, { userAgent: 'skiff-plan', log });
  const pod = await connection.client.get(pods, { namespace, name: key! }, signal);
  const { containerRuntimeEndpoint: runtimeEndpoint, rootDir } = flags;
  process.stdout.write(await printPlan({ pod, runtimeEndpoint, rootDir, clock, log }, signal));
}
