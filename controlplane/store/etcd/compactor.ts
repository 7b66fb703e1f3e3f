import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Members } from './members.ts';
import { equal, type RangeResponse, type TxnRequest, type TxnResponse, target } from './wire.ts';

/**
 * Compacts every 5 minutes what was overwritten 5 minutes ago, until `signal` is aborted; of several servers on one etcd
 * just one does. Rule: apiserver etcd3 compact.go: the version of `compact_rev_key` says whose turn it is.
 */
export async function runEtcdCompactor(
  members: Members,
  { clock, log, everyMs = 300_000 }: { readonly clock: Clock; readonly log: Log; readonly everyMs?: number },
  signal: AbortSignal,
): Promise<void> {
  let turn: Turn = { version: 0, revision: 0 };
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => {}); // only the end of the server aborts it
    if (signal.aborted) return;
    try {
      turn = await takeTurn(members, turn, signal);
    } catch (error) {
      if (!signal.aborted) log.warn('Could not compact etcd', { err: error });
    }
  }
}

/** What is known of the key, and the newest revision at the time. */
export interface Turn {
  readonly version: number;
  readonly revision: number;
}

/** Compacts at the revision of the last turn if nobody else has taken one since. @returns what to come with next time */
export async function takeTurn(members: Members, { version, revision }: Turn, signal: AbortSignal): Promise<Turn> {
  const request: TxnRequest = {
    compare: [{ result: equal, target: target.version, key: compactKey, version }],
    success: [{ requestPut: { key: compactKey, value: Buffer.from(String(revision)) } }],
    failure: [{ requestRange: { key: compactKey } }],
  };
  const { answer } = await members.call<TxnResponse>('KV/Txn', request, signal);
  const current = Number(answer.header.revision);
  if (!answer.succeeded) {
    const range = answer.responses[0]?.responseRange as RangeResponse;
    return { version: Number(range.kvs[0]?.version ?? 0), revision: current };
  }
  if (revision > 0) await compactAt(members, revision, signal);
  return { version: version + 1, revision: current };
}
const compactKey = Buffer.from('compact_rev_key');

/** What is compacted already stays so. */
export async function compactAt(members: Members, revision: number, signal: AbortSignal): Promise<void> {
  try {
    await members.call('KV/Compact', { revision }, signal);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('has been compacted')) throw error;
  }
}
