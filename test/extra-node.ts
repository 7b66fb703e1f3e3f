// A machine beside the nodes of a running lab: its own namespaces, network link and containerd, and no agent yet.
import { appendFileSync, mkdirSync } from 'node:fs';
import { type Clock, createClock } from '#lib/clock.ts';
import { planDown } from '../vagrant/lab/down.ts';
import { pauseRecipe, toolsRecipe } from '../vagrant/lab/images.ts';
import { ensureContainerd, ensureNamespaces } from '../vagrant/lab/join.ts';
import { openLab, shell, skiffCommand } from '../vagrant/lab/lab.ts';
import type { LabLayout, NodeLayout } from '../vagrant/lab/layout.ts';
import { renderNodeLink } from '../vagrant/lab/network.ts';
import { enter } from '../vagrant/lab/node.ts';
import { launch, type ProcessId, stop } from '../vagrant/lab/processes.ts';
import { layoutFor, readState } from '../vagrant/lab/state.ts';

export interface ExtraNode extends AsyncDisposable {
  readonly node: NodeLayout;
  readonly logFile: string;
  /** Starts `skiff ...words` there, and leaves it running. */
  start(words: readonly string[]): ProcessId;
  /** Ends all that was started there. */
  stop(): Promise<void>;
  /** Runs `skiff ...words` there to its end. @throws with what it said if it fails */
  run(words: readonly string[]): Promise<string>;
}

/** One more than the lab has; what it is made of goes when it is disposed of. */
export async function addMachine(main: LabLayout, signal: AbortSignal): Promise<ExtraNode> {
  const clock: Clock = createClock();
  const dataDir = `${main.dataDir}-extra`;
  const own = layoutFor({ ...main, dataDir, nodeCount: main.nodes.length + 1 });
  const { switchNamespace, segments } = main; // its link leads into one of the lab's own segments
  const last = own.nodes.at(-1)!;
  const node = { ...last, segment: segments[own.segments.indexOf(last.segment)]! };
  const layout = { ...own, switchNamespace, segments, nodes: [node] };
  mkdirSync(dataDir, { recursive: true });
  const lab = openLab(layout, undefined, clock, signal);
  const logFile = `${layout.logDir}/${node.name}/agent.log`;
  const started: ProcessId[] = [];
  const command = (words: readonly string[]) => [...enter(node), ...skiffCommand(words, ['--max-semi-space-size=2'])];
  const machine: ExtraNode = {
    node,
    logFile,
    start(words) {
      const id = launch({ file: 'nsenter', args: command(words), logFile });
      started.push(id);
      return id;
    },
    async stop() {
      for (const id of started.splice(0)) await stop(id, 3_000, clock, new AbortController().signal);
    },
    async run(words) {
      const { stdout } = await lab.exec('nsenter', command(words), signal, { timeoutMs: 60_000 });
      appendFileSync(logFile, stdout);
      return stdout;
    },
    async [Symbol.asyncDispose]() {
      const always = new AbortController().signal;
      await machine.stop();
      for (const step of planDown({
        layout: { ...own, nodes: [node] },
        before: readState(dataDir),
        clock,
        signal: always,
      }))
        await step.run();
    },
  };
  try {
    await shell(lab, renderNodeLink(layout, node));
    await ensureNamespaces(lab);
    const images = [pauseRecipe, toolsRecipe].map(
      (recipe) => `${main.imageDir}/${recipe().name.replaceAll(/[/:]/g, '-')}.tar`,
    );
    await ensureContainerd(lab, node, images);
    mkdirSync(`${layout.logDir}/${node.name}`, { recursive: true });
    return machine;
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}
