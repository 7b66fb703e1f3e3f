// What is looked at after each step of an upgrade.
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { configMaps, nodes, pods } from '#lib/api/resources.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { labProcesses } from '../../vagrant/lab/find.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import type { ProcessId } from '../../vagrant/lab/processes.ts';

const namespace = 'default';
const image = 'skiff.local/tools:1';
const mark = '86399'; // how long they sleep: nothing else on the node does

export async function deployPods(kubeconfig: string, count: number): Promise<void> {
  const words = ['create', 'deployment', 'stays', `--image=${image}`, `--replicas=${count}`, '--', 'sleep', mark];
  await execa('kubectl', ['--kubeconfig', kubeconfig, ...words]);
}

/** Name > what must not change, once all are Ready: the container, its start and how often it was started. */
export async function seenPods(
  client: Client,
  count: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(90_000)]);
  for (;;) {
    const { items } = await client.list(pods, { namespace, labelSelector: 'app=stays' }, end);
    const ready = items.filter(({ status }) =>
      status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
    );
    if (items.length === count && ready.length === count) {
      return new Map(
        items.map(({ metadata, status }) => {
          const { containerID, restartCount, state } = status?.containerStatuses?.[0] ?? {};
          return [metadata.name, `${containerID} since ${state?.running?.startedAt}, ${restartCount} restarts`];
        }),
      );
    }
    await clock.sleep(200, end);
  }
}

/** The containers' own processes, with their starts, as the kernel shows them. */
export function containerProcesses(layout: LabLayout): string {
  const isOurs = ({ pid }: ProcessId) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mark);
  const found = labProcesses(layout).filter(isOurs);
  return found
    .map(({ pid, startTicks }) => `${pid}@${startTicks}`)
    .sort()
    .join(' ');
}

export async function revisionOf(client: Client): Promise<string> {
  const { metadata } = await client.list(configMaps, { namespace }, AbortSignal.timeout(10_000));
  return metadata.resourceVersion ?? '';
}

/** Watches from `revision` on, at the server that there is now. @returns what is wrong: that it was forgotten, or not all came */
export async function missedSince(client: Client, revision: string, least: number): Promise<string | undefined> {
  let changes = 0;
  const signal = AbortSignal.timeout(2_000);
  try {
    for await (const { type } of client.watch(configMaps, { namespace, resourceVersion: revision }, signal)) {
      if (type !== 'BOOKMARK') changes += 1;
    }
  } catch (error) {
    if (!signal.aborted) return `a watch from ${revision} could not go on: ${(error as Error).message}`;
  }
  return changes < least ? `a watch from ${revision} brought ${changes} changes of ${least}` : undefined;
}

export interface LookedAt {
  readonly client: Client;
  readonly kubeconfig: string;
  /** What each part should say that it is. */
  readonly told: { readonly server: string; readonly agents: string };
  readonly clock: Clock;
}

/** Uses the cluster as people do. @returns what did not work */
export async function tryOut({ client, kubeconfig, told, clock }: LookedAt, stop: AbortSignal): Promise<string[]> {
  const faults: string[] = [];
  const signal = AbortSignal.any([stop, AbortSignal.timeout(60_000)]);
  const version = (await client.raw('GET', '/version', signal)) as { readonly gitVersion: string };
  if (!version.gitVersion.startsWith(told.server)) faults.push(`the server is ${version.gitVersion}`);
  const all =
    (await until(async () => {
      const { items } = await client.list(nodes, {}, signal);
      const areAll = items.every(({ status }) => status?.nodeInfo?.kubeletVersion.startsWith(told.agents));
      const areReady = items.every(({ status }) =>
        status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'),
      );
      return areAll && areReady ? items : undefined;
    })) ?? [];
  if (all.length === 0) faults.push(`the nodes are not all Ready as ${told.agents}`);
  for (const { metadata } of all) {
    const name = `probe-${metadata.name}`;
    const kubectl = async (...words: readonly string[]) =>
      (await execa('kubectl', ['--kubeconfig', kubeconfig, ...words], { timeout: 30_000 })).stdout.trim();
    try {
      const overrides = JSON.stringify({ spec: { nodeName: metadata.name, terminationGracePeriodSeconds: 0 } });
      const script = 'echo said; sleep 600';
      await kubectl(
        'run',
        name,
        `--image=${image}`,
        '--image-pull-policy=Never',
        `--overrides=${overrides}`,
        '--',
        'sh',
        '-c',
        script,
      );
      await kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=20s');
      if ((await kubectl('exec', name, '--', 'echo', 'heard')) !== 'heard') faults.push(`exec on ${metadata.name}`);
      if ((await kubectl('logs', name)) !== 'said') faults.push(`logs on ${metadata.name}`);
      await kubectl('delete', 'pod', name, '--timeout=20s');
    } catch (error) {
      faults.push(`${metadata.name}: ${(error as Error).message.split('\n').slice(0, 3).join(' ')}`);
    }
  }
  return faults;

  async function until<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
    const untilMs = clock.now() + 30_000;
    while (clock.now() < untilMs) {
      const answer = await ask().catch(() => undefined);
      if (answer !== undefined) return answer;
      await clock.sleep(200, signal);
    }
    return undefined;
  }
}
