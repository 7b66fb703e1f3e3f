// Keeps to the members that there are: those that have joined are asked, too, and those that were removed are not. Files of
// certificates that were renewed are read again.
import { readFile } from 'node:fs/promises';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { type Channel, openChannels, type TlsFiles } from './channel.ts';
import type { Members } from './members.ts';
import type { MemberList } from './wire.ts';

export interface FollowOptions extends TlsFiles {
  readonly servers: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

export async function followMembers(
  options: FollowOptions,
  first: readonly Channel[],
  members: Members,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = options;
  let known = first;
  let certificate = await certificateOf(options);
  for (let waitMs = 0; !signal.aborted; waitMs = lookMs) {
    try {
      await clock.sleep(waitMs, signal);
      const { answer } = await members.call<MemberList>('Cluster/MemberList', {}, signal);
      const urls = urlsOf(answer, options.servers);
      const now = await certificateOf(options);
      await members.goHome(signal);
      if (now === certificate && urls.join() === known.map(({ url }) => url).join()) continue;
      const kept = now === certificate ? known : [];
      const opened = await openChannels(
        urls.filter((url) => !kept.some((one) => one.url === url)),
        options,
        clock,
      );
      known = urls.map((url) => [...kept, ...opened].find((one) => one.url === url)!);
      certificate = now;
      members.replace(known);
      log.info('Members of etcd in use', { urls });
    } catch (error) {
      if (signal.aborted) return;
      log.warn('Cannot ask etcd for its members', { err: error });
    }
  }
}
const lookMs = 5_000;

/** Those who have a vote; our own first. What is known stays where none would be left. */
export function urlsOf({ members }: MemberList, own: readonly string[]): readonly string[] {
  const urls = members.filter(({ isLearner }) => !isLearner).flatMap(({ clientURLs }) => clientURLs.slice(0, 1));
  if (urls.length === 0) return own;
  return [...own.filter((url) => urls.includes(url)), ...urls.filter((url) => !own.includes(url)).sort()];
}

async function certificateOf({ caFile, certFile }: TlsFiles): Promise<string> {
  const texts = [caFile, certFile].map((file) => (file === undefined ? '' : readFile(file, 'utf8')));
  return (await Promise.all(texts)).join('');
}
