import type { Command } from 'commander';
import { live, requireRoot } from './life.ts';

export function addDown(program: Command): void {
  program
    .command('down')
    .description('Take a cluster away: every process, mount, namespace, rule, cgroup, image and file of it.')
    .option('-d, --data <folder>', 'where it is kept', '/var/lib/skiff')
    .addHelpText('after', '\nWorks after a crash, too, and may be repeated.')
    .action((options: { readonly data: string }) => live((signal) => down(options.data, signal)));
}

async function down(data: string, signal: AbortSignal): Promise<void> {
  requireRoot();
  const { resolve } = await import('node:path');
  const { createClock } = await import('#lib/clock.ts');
  const { planDown } = await import('../vagrant/lab/down.ts');
  const { readState, layoutFor } = await import('../vagrant/lab/state.ts');
  const { showSteps } = await import('./steps.ts');
  const dataDir = resolve(data);
  const before = await readOrGuess(() => readState(dataDir));
  const layout = layoutFor({
    dataDir,
    nodeCount: before?.nodeCount ?? mostNodesGuessed,
    isolated: before?.isolated ?? false,
    apiPort: before?.apiPort ?? 6443,
    segmentCount: before?.segmentCount ?? 1,
    dualStack: false,
    runtimeHandlers: [],
  });
  await showSteps(planDown({ layout, before, clock: createClock(), signal }));
}

/** A damaged state must not keep anybody from clearing up: what it would have said is then looked for. */
async function readOrGuess<T>(read: () => T): Promise<T | undefined> {
  try {
    return read();
  } catch {
    return undefined;
  }
}
const mostNodesGuessed = 20;
