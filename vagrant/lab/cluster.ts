import { deployments, endpointSlices, nodes, pods, services } from '#lib/api/resources.ts';
import type { Node } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { hasReason } from '#lib/errors.ts';
import { GaveUp, home, type Lab, tailOf, until } from './lab.ts';
import type { NodeLayout } from './layout.ts';
import { isAlive } from './processes.ts';
import { type WorkloadImage, workloadDeployment, workloadName, workloadService } from './workload.ts';

/** Waits until every node of the lab is Ready. */
export async function awaitNodes(lab: Lab, client: Client): Promise<void> {
  await until(lab, 'all nodes to be Ready', 60_000, async (signal) => {
    for (const { name } of lab.layout.nodes) {
      if (isAlive(lab.state().processes[`${name}/agent`])) continue;
      throw new GaveUp(
        `the agent of ${name} ended; its last words:\n${tailOf(`${lab.layout.logDir}/${name}/agent.log`)}`,
      );
    }
    const { items } = await client.list(nodes, {}, signal);
    const missing = lab.layout.nodes.filter(({ name }) => !items.some((n) => n.metadata.name === name && isReady(n)));
    if (missing.length === 0) return true;
    const first = items.find((node) => node.metadata.name === missing[0]!.name);
    throw new Error(`${missing.map((n) => n.name).join(', ')} not Ready: ${whyNot(first)}`);
  });
}

export function isReady(node: Node): boolean {
  return node.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
}

function whyNot(node: Node | undefined): string {
  if (node === undefined) return 'it has not registered';
  return node.status.conditions?.find((c) => c.type === 'Ready')?.message ?? 'no Ready condition';
}

/** Asks cluster DNS on each node for the API server's own Service. */
export async function awaitDns(lab: Lab): Promise<void> {
  for (const node of lab.layout.nodes) {
    await until(lab, `cluster DNS on ${node.name}`, 30_000, async (signal) => {
      const name = `kubernetes.default.svc.${lab.layout.clusterDomain}`;
      return (await askOn(lab, node, 'resolve.ts', name, signal)).address;
    });
  }
}

/** Creates the first workload unless it is there. @returns whether it had to be made */
export async function ensureWorkload(lab: Lab, client: Client, image: WorkloadImage): Promise<boolean> {
  const isNew = await unlessThere(() => client.create(deployments, workloadDeployment(image), lab.signal));
  await unlessThere(() => client.create(services, workloadService(), lab.signal));
  return isNew;
}

async function unlessThere(create: () => Promise<unknown>): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (error) {
    if (hasReason(error, 'AlreadyExists')) return false;
    throw error;
  }
}

/** Waits until the workload is available and answers by name from each node. @returns what it said */
export async function awaitWorkload(lab: Lab, client: Client): Promise<{ address: string; text: string }> {
  await until(lab, 'the workload to be available', 120_000, async (signal) => {
    const at = { namespace: 'default', name: workloadName };
    const { status } = await client.get(deployments, at, signal);
    if ((status.availableReplicas ?? 0) >= 2) return true;
    throw new Error(await whyWaiting(client, signal));
  });
  let answer = { address: '', text: '' };
  const name = `${workloadName}.default.svc.${lab.layout.clusterDomain}`;
  for (const node of lab.layout.nodes) {
    answer = await until(lab, `http://${workloadName}.default from ${node.name}`, 30_000, async (signal) => {
      const { address, text } = await askOn(lab, node, 'ask.ts', name, signal);
      return { address, text: text ?? '' };
    });
  }
  return answer;
}

/** Runs one of the small programs beside this file in the node's network. */
async function askOn(
  lab: Lab,
  node: NodeLayout,
  program: 'ask.ts' | 'resolve.ts',
  name: string,
  signal: AbortSignal,
): Promise<{ readonly address: string; readonly text?: string }> {
  const words = [process.execPath, `${home}/vagrant/lab/${program}`, lab.layout.clusterDns, name];
  const { stdout } = await lab.exec('nsenter', [`--net=/run/netns/${node.networkNamespace}`, ...words], signal);
  return JSON.parse(stdout);
}

async function whyWaiting(client: Client, signal: AbortSignal): Promise<string> {
  const { items } = await client.list(pods, { namespace: 'default', labelSelector: `app=${workloadName}` }, signal);
  const states = items.map((pod) => {
    const waiting = pod.status.containerStatuses?.find((c) => c.state?.waiting !== undefined)?.state?.waiting;
    return `${pod.metadata.name}: ${waiting?.reason ?? pod.status.phase ?? 'unknown'} ${waiting?.message ?? ''}`.trim();
  });
  const slices = await client.list(endpointSlices, { namespace: 'default' }, signal);
  return `${states.join('; ') || 'no pod yet'} (${slices.items.length} endpoint slices)`;
}
