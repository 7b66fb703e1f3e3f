import { existsSync } from 'node:fs';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { exec } from '#lib/exec.ts';
import { connectAsAdmin } from './admin.ts';
import { awaitDns, awaitNodes, awaitWorkload, ensureWorkload } from './cluster.ts';
import { ensureControlPlane } from './control-plane.ts';
import { writeImage } from './image.ts';
import { pauseRecipe, toolsImage, toolsRecipe } from './images.ts';
import { ensureAgent, ensureContainerd, ensureNamespaces } from './join.ts';
import { agentFlags, type Lab, openLab, serverFlags, shell, skiffCommand } from './lab.ts';
import type { LabLayout } from './layout.ts';
import { describeMachine, observeMachine, whyTooSmall } from './machine.ts';
import { checkRangeIsFree, renderNodeLink, renderSwitch } from './network.ts';
import { isAlive } from './processes.ts';
import { pullWorkloadImage } from './pull.ts';
import type { LabState } from './state.ts';
import { builtImage, workloadName } from './workload.ts';

/** One step that a person sees: its title while it runs, `done` when it has ended. */
export interface Step {
  readonly title: string;
  /** @returns a word on how it went, if there is something to say */
  run(): Promise<string | undefined>;
}

export interface UpOptions {
  readonly layout: LabLayout;
  readonly before: LabState | undefined;
  readonly withWorkload: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The steps that bring a lab up, in order. Each finds what is there already, so that all may be repeated. */
export function planUp({ layout, before, withWorkload, clock, signal }: UpOptions): readonly Step[] {
  const lab = openLab(layout, before, clock, signal);
  const names = layout.nodes.map((node) => node.name).join(', ');
  const images = [pauseRecipe, toolsRecipe].map((recipe) => ({
    recipe,
    file: `${layout.imageDir}/${recipe().name.replaceAll(/[/:]/g, '-')}.tar`,
  }));
  const isRunning = Object.keys(lab.state().processes).length > 0;
  return [
    {
      title: 'Machine',
      async run() {
        const machine = await observeMachine(layout.dataDir);
        const why = isRunning ? undefined : whyTooSmall(machine, layout.nodeCount);
        if (why !== undefined) throw new Error(`This machine is too small: ${why}`);
        return describeMachine(machine);
      },
    },
    {
      title: isRunning ? 'Namespaces and links (found again)' : 'Namespaces and links',
      async run() {
        await checkRangeIsFree(layout, exec, signal);
        const warm = isAlive(lab.state().processes['server']) ? undefined : compile(lab);
        await shell(lab, renderSwitch(layout));
        for (const node of layout.nodes) await shell(lab, renderNodeLink(layout, node));
        await ensureNamespaces(lab);
        await warm;
        return layout.isolated ? 'no way out' : `nodes reach the world through ${layout.segments[0]!.bridge}`;
      },
    },
    {
      title: 'Images',
      async run() {
        for (const { recipe, file } of images) if (!existsSync(file)) await writeImage(recipe(), file);
        return images.map(({ recipe }) => recipe().name).join(', ');
      },
    },
    {
      title: 'Control plane',
      async run() {
        const wasRunning = isAlive(lab.state().processes['server']);
        await ensureControlPlane(lab);
        return `https://127.0.0.1:${layout.apiPort}${wasRunning ? ' (runs already)' : ''}`;
      },
    },
    {
      title: `Nodes ${names}`,
      async run() {
        const files = images.map(({ file }) => file);
        await Promise.all(
          layout.nodes.map(async (node) => {
            await ensureContainerd(lab, node, files);
            await ensureAgent(lab, node);
          }),
        );
        await withAdmin(lab, (client) => awaitNodes(lab, client));
        return 'all Ready';
      },
    },
    {
      title: 'Cluster DNS',
      async run() {
        await awaitDns(lab);
        return layout.clusterDns;
      },
    },
    ...(withWorkload ? [workloadStep(lab)] : []),
  ];
}

/** Meanwhile, as this has no need of the lab: what is started later finds itself compiled, and stays small. */
async function compile(lab: Lab): Promise<void> {
  const commands = [skiffCommand(['warm', 'server'], serverFlags), skiffCommand(['warm', 'agent'], agentFlags)];
  await Promise.all(commands.map(([file, ...args]) => exec(file!, args, lab.signal).catch(() => {}))); // it is only faster so
}

function workloadStep(lab: Lab): Step {
  return {
    title: 'Workload',
    run: () =>
      withAdmin(lab, async (client) => {
        const pulled = lab.layout.isolated ? undefined : await pullWorkloadImage(lab);
        const isNew = await ensureWorkload(lab, client, pulled ?? builtImage(toolsImage));
        const { address, text } = await awaitWorkload(lab, client);
        const line = text.split('\n')[0]!.slice(0, 60);
        return `http://${workloadName}.default (${address}) says "${line}"${isNew ? '' : '; it was there already'}`;
      }),
  };
}

async function withAdmin<T>(lab: Lab, use: (client: Client) => Promise<T>): Promise<T> {
  await using connection = await connectAsAdmin(lab.layout);
  return await use(connection.client);
}
