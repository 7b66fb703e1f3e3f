import type { Clock } from '#lib/clock.ts';
import type { Exec } from '#lib/exec.ts';
import type { Log } from '#lib/log.ts';
import { bridgeName } from '../conflist.ts';
import { forgetAttachment, freeLease, listAttachments, listLeases } from './files.ts';
import { findLeaks, type NodeLink, planReattach } from './plan.ts';

/** Puts links of pods back to the bridge, after that was made anew. */
export async function reattach(
  {
    dir,
    links,
    exec,
    log,
  }: { readonly dir: string; readonly links: readonly NodeLink[]; readonly exec: Exec; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  const plan = planReattach(await listAttachments(dir), links, bridgeName);
  if (plan.ip.length === 0) return;
  log.info('Planned to put links back to the bridge', { lines: plan.ip });
  await exec('ip', ['-force', '-batch', '-'], signal, { input: `${plan.ip.join('\n')}\n` });
  await exec('bridge', ['-force', '-batch', '-'], signal, { input: `${plan.bridge.join('\n')}\n` });
}

export interface LeakOptions {
  readonly dir: string;
  /** Ids of all sandboxes that the runtime knows, whatever their state. */
  sandboxIds(signal: AbortSignal): Promise<ReadonlySet<string>>;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
}

/** Frees addresses and links that no pod has any more, again and again until `signal` is aborted. */
export async function runLeaks(options: LeakOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  while (!signal.aborted) {
    try {
      await freeLeaks(options, signal);
    } catch (error) {
      if (!signal.aborted) log.warn('Could not look for leaked addresses', { err: error });
    }
    await clock.sleep(periodMs, signal).catch(() => {});
  }
}
const periodMs = 5 * 60_000;

export async function freeLeaks(
  { dir, sandboxIds, exec, clock, log }: LeakOptions,
  signal: AbortSignal,
): Promise<void> {
  // What was noted is read first: a sandbox made meanwhile is then known in any case.
  const noted = { leases: await listLeases(dir), attachments: await listAttachments(dir) };
  if (noted.leases.length + noted.attachments.length === 0) return;
  const { leases, attachments } = findLeaks(noted, await sandboxIds(signal), clock.now());
  for (const lease of leases) {
    await freeLease(dir, lease);
    log.info('Freed a leaked address', { address: lease.address, containerID: lease.containerId });
  }
  for (const attachment of attachments) {
    for (const link of attachment.links) await exec('ip', ['link', 'del', 'dev', link], signal, { okCodes: [0, 1, 2] });
    await forgetAttachment(dir, attachment);
    log.info('Freed a leaked link', { links: attachment.links, containerID: attachment.containerId });
  }
}
