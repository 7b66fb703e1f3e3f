// A machine that is asked to start anew, by systemd's logind, while pods run on it. What its store holds afterwards tells
// how they ended; a watch that breaks off with the machine tells what its node said meanwhile.
import { setTimeout as delay } from 'node:timers/promises';
import { type Checks, same } from './checks.ts';
import type { Machine } from './machine.ts';

export interface ShutdownTools {
  readonly machine: Machine;
  /** Starts it again with the same disk, once it has ended. */
  startAgain(): Promise<Machine>;
  kubectl(words: readonly string[], input?: string): Promise<string>;
  /** What a kubectl that goes on by itself says, line by line as it comes. */
  follow(words: readonly string[]): { readonly lines: readonly string[]; stop(): void };
  write(line: string): void;
  readonly checks: Checks;
}

/** What the agent's configuration has to say for this: nobody waits so long, as pods end sooner. logind alone gives 5 s. */
export const shutdownConfig = 'shutdownGracePeriod: 240s\nshutdownGracePeriodCriticalPods: 90s\n';

const image = 'skiff.local/tools:1';

/** Ends after so many seconds, once it is asked to. */
function lingering(seconds: number): object {
  const command = ['sh', '-c', `trap "sleep ${seconds}; exit 0" TERM; while :; do sleep 0.2; done`];
  return { terminationGracePeriodSeconds: 120, containers: [{ name: 'c', image, command }] };
}

const labels = { app: 'web' };
const objects = [
  { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'plain' }, spec: lingering(8) },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'critical' },
    spec: { ...lingering(6), priorityClassName: 'system-cluster-critical' },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: lingering(0) } },
  },
];

async function endLate(): Promise<never> {
  await delay(300_000, undefined, { ref: false });
  throw new Error('The machine runs 5 min after it was asked to start anew');
}

interface PodView {
  readonly metadata: { readonly name: string; readonly ownerReferences?: readonly unknown[] };
  readonly status: {
    readonly phase: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly state: { readonly terminated?: { readonly exitCode: number; readonly finishedAt: string } };
    }[];
  };
}

/** Rule: "Node Shutdowns", "Graceful node shutdown". Words are upstream's. */
export async function runShutdownSuite({
  machine,
  startAgain,
  kubectl,
  follow,
  write,
  checks,
}: ShutdownTools): Promise<void> {
  const podsNow = async (): Promise<readonly PodView[]> =>
    JSON.parse(await kubectl(['get', 'pods', '-o', 'json'])).items;

  const failedBefore = checks.failed;
  await checks.check('shutdown: logind waits for the node as long as it was told', async () => {
    await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await kubectl(['rollout', 'status', 'deployment', 'web', '--timeout=180s']);
    await kubectl(['wait', 'pod', 'plain', 'critical', '--for=condition=Ready', '--timeout=180s']);
    const asked = ['org.freedesktop.login1', '/org/freedesktop/login1', 'org.freedesktop.login1.Manager'].join(' ');
    const most = await machine.run(`busctl get-property ${asked} InhibitDelayMaxUSec`);
    same(most.trim(), 't 240000000', 'the longest wait');
    const held = (await machine.run('systemd-inhibit --list --no-legend'))
      .split('\n')
      .find((line) => /kubelet/.test(line));
    same(/\bshutdown\b.*\bdelay\b/.test(held ?? ''), true, `what holds it up (${held})`);
    return held?.trim().replaceAll(/ +/g, ' ');
  });

  await checks.check('shutdown: the node is NotReady while its pods end, and says why', async () => {
    const ready = '.status.conditions[?(@.type=="Ready")]';
    const path = `{${ready}.status} {${ready}.reason} {${ready}.message}{"\\n"}`; // kubectl prints a range once only
    const name = await kubectl(['get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}']);
    const watch = follow(['get', 'node', name, '--watch', '-o', `jsonpath=${path}`]);
    for (let tries = 0; watch.lines.length === 0; tries++) {
      if (tries === 1_200) throw new Error('nothing is said of the node within 2 min');
      await delay(100);
    }
    const startMs = Date.now();
    // What the agent says is kept for the next start, for who has to find out what went wrong.
    await machine.run('mkdir -p /var/log/journal; journalctl --flush; systemctl reboot');
    await Promise.race([machine.ended, endLate()]);
    watch.stop();
    const said = watch.lines.join('; ');
    same(said.includes('False KubeletNotReady node is shutting down'), true, `shutting down (${said})`);
    return `the machine was down after ${((Date.now() - startMs) / 1000).toFixed(1)} s`;
  });

  let again: Machine | undefined;
  await checks.check('shutdown: the machine comes back, and its node with it', async () => {
    await machine.cut(); // if it would not go by itself
    again = await startAgain();
    for (const deadline = Date.now() + 240_000; ; await delay(1_000)) {
      const state = await kubectl(['wait', 'node', '--all', '--for=condition=Ready', '--timeout=60s']).catch(String);
      if (state.includes('condition met')) return undefined;
      if (Date.now() > deadline) throw new Error(`the node is not Ready: ${state}`);
    }
  });

  await checks.check('shutdown: pods ended in order, critical ones last, and failed for it', async () => {
    const all = await podsNow();
    const ends = ['plain', 'critical'].map((name) => {
      const { phase, reason, message, conditions, containerStatuses } = all.find(
        (pod) => pod.metadata.name === name,
      )!.status;
      const words = 'Pod was terminated in response to imminent node shutdown.';
      same([phase, reason, message], ['Failed', 'Terminated', words], name);
      const target = conditions?.find(({ type }) => type === 'DisruptionTarget');
      same([target?.status, target?.reason], ['True', 'TerminationByKubelet'], `why ${name} was disrupted`);
      const [container] = containerStatuses ?? [];
      const { exitCode, finishedAt } = container?.state.terminated ?? {};
      same([exitCode, container?.restartCount], [0, 0], `how ${name} ended`);
      return Date.parse(finishedAt ?? '');
    });
    const seconds = (ends[1]! - ends[0]!) / 1000;
    // It takes 6 s to end: it was asked to when the other one had ended.
    same(seconds >= 5, true, `critical ended ${seconds} s after plain, so`);
    const said = await again?.run('journalctl -b -1 -u skiff-agent -o cat --no-pager | grep -c "Noticed a shutdown"');
    same(said?.trim(), '1', 'how often the agent noticed it');
    return `critical ${seconds} s after plain`;
  });

  await checks.check('shutdown: what is to run runs again, and no dead pods pile up', async () => {
    await kubectl(['rollout', 'status', 'deployment', 'web', '--timeout=180s']);
    const owned = (await podsNow()).filter(({ metadata }) => metadata.ownerReferences !== undefined);
    const reasons = owned.map(({ status }) => status.reason ?? status.phase).toSorted();
    // Each has one that was ended, and one that runs; what came for it in between may have been turned away.
    same(reasons.filter((reason) => reason === 'Running').length, 2, `those that run (${reasons})`);
    same(reasons.filter((reason) => reason === 'Terminated').length, 2, `those that ended (${reasons})`);
    same(reasons.length <= 6, true, `few others (${reasons})`);
    return reasons.join(' ');
  });

  if (checks.failed === failedBefore) return;
  const log = 'journalctl -b -1 --no-pager -o short-iso';
  const wanted = `${log} -u skiff-agent -u skiff-server -u systemd-logind | tail -n 300; ${log} | tail -n 100`;
  write(`What the machine said before it was down:\n${await again?.run(wanted).catch(String)}`);
}
