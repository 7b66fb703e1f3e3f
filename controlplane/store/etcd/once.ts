// A creation that is tried again. Its first try may still lie before a member that stood still, and be done when the object has
// been made by the second, and deleted since: it would come back. Changes and deletions name the revision they are about.
import { randomUUID } from 'node:crypto';
import type { Leases } from './leases.ts';
import type { Members } from './members.ts';
import { type Compare, equal, type TxnRequest, target } from './wire.ts';

export interface Once {
  /** Before each try but the first: no try before it holds any more, wherever it lies. */
  renounce(tries: number, signal: AbortSignal): Promise<void>;
  /** What a try has to be done under. */
  holds(tries: number): Compare;
}

const ours = randomUUID();
let count = 0;

/** By a key of its own, which is there only if there was a second try, and then for some minutes. */
export function createOnce(members: Pick<Members, 'call'>, leases: Leases): Once {
  count += 1;
  const key = Buffer.from(`skiff/once/${ours}/${count}`);
  return {
    async renounce(tries, signal) {
      const lease = await leases.of(keptSeconds, signal);
      const put = { requestPut: { key, value: textOf(tries), lease } };
      const request: TxnRequest = { compare: [], success: [put], failure: [] };
      await members.call('KV/Txn', request, signal);
    },
    holds: (tries) =>
      tries === 1
        ? { result: equal, target: target.version, key, version: 0 }
        : { result: equal, target: target.value, key, value: textOf(tries) },
  };
}
const keptSeconds = 600;

function textOf(tries: number): Buffer {
  return Buffer.from(String(tries));
}
