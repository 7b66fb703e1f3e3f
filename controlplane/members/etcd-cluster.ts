// Who is a member of etcd, and who becomes or ceases to be one.
import { failure } from '#lib/api/status.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { EtcdLocation } from '../options.ts';
import { openChannels } from '../store/etcd/channel.ts';
import { createMembers } from '../store/etcd/members.ts';
import type { Member, MemberList } from '../store/etcd/wire.ts';

export interface EtcdCluster extends Disposable {
  list(signal: AbortSignal): Promise<readonly Member[]>;
  /** Makes the one that will be at `peerUrl` a member without a vote; one that is known is left as it is. */
  add(peerUrl: string, signal: AbortSignal): Promise<readonly Member[]>;
  /** Gives it a vote. @returns whether it has one now: it must have caught up with the others before */
  promote(id: string, signal: AbortSignal): Promise<boolean>;
  remove(id: string, signal: AbortSignal): Promise<void>;
  /** Whether most members agree, as one that may answer sees it. */
  answers(signal: AbortSignal): Promise<boolean>;
}

export async function openEtcdCluster(
  location: EtcdLocation,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<EtcdCluster> {
  const members = createMembers({ channels: await openChannels(location.servers, location, clock), clock, log });

  async function list(signal: AbortSignal): Promise<readonly Member[]> {
    return (await members.call<MemberList>('Cluster/MemberList', {}, signal)).answer.members;
  }

  return {
    list,
    async add(peerUrl, signal) {
      const before = await list(signal);
      if (before.some(({ peerURLs }) => peerURLs.includes(peerUrl))) return before;
      try {
        // A learner: as long as it does not run, nothing depends on it.
        await members.call('Cluster/MemberAdd', { peerURLs: [peerUrl], isLearner: true }, signal);
      } catch (error) {
        const after = await list(signal); // an earlier try may have been done, and only its answer lost
        if (!after.some(({ peerURLs }) => peerURLs.includes(peerUrl))) throw notNow(error);
      }
      return list(signal);
    },
    async promote(id, signal) {
      try {
        await members.call('Cluster/MemberPromote', { ID: id }, signal);
        return true;
      } catch (error) {
        signal.throwIfAborted();
        if (/in sync|not a learner|is not ready/.test((error as Error).message)) return false;
        throw error;
      }
    },
    async remove(id, signal) {
      try {
        await members.call('Cluster/MemberRemove', { ID: id }, signal);
      } catch (error) {
        if ((await list(signal)).some(({ ID }) => ID === id)) throw notNow(error);
      }
    },
    async answers(signal) {
      try {
        await members.call('KV/Range', { key: Buffer.from('/registry/'), countOnly: true }, signal, quick);
        return true;
      } catch {
        signal.throwIfAborted();
        return false;
      }
    },
    [Symbol.dispose]: members.close,
  };
}
const quick = { attemptMs: 1_000, giveUpMs: 1_000 };

/** etcd takes one learner at a time, and changes nothing while too few members run. */
function notNow(error: unknown): Error {
  return failure('ServiceUnavailable', `etcd does not change its members now: ${(error as Error).message}`);
}
