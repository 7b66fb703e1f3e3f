// A key for each node port of a Service, where several servers write to one store: no two can give the same one away.
// Upstream keeps all in one map of bits, which is kept here, too; with a key each, a port can be given back without asking
// whose it is by now.
import type { Entry, Store } from '../../store/store.ts';
import type { PortMap } from './port-map.ts';

export interface PortKeys {
  /** For the Service of this uid, which may `have` it already. @returns false if another one has it */
  take(port: number, uid: string, have?: 'has'): Promise<boolean>;
  /** Free again in the background, if it is still that Service's, or nobody's: ''. */
  give(port: number, uid: string, by?: 'repair'): void;
  /** Settles when what was given back is free. */
  settled(): Promise<unknown>;
  /** Who has which. */
  list(): Promise<readonly PortKey[]>;
  /** Which are given away by anybody: upstream's servers know no keys. */
  mapped(): Promise<ReadonlySet<number>>;
}

export interface PortKey {
  readonly port: number;
  readonly uid: string;
}

export function createPortKeys(store: Pick<Store, 'get' | 'commit' | 'list'>, map: PortMap): PortKeys {
  const going = new Set<Promise<void>>(); // bounded by the requests under way

  /** Every server sees a Service go: the one that marks the key clears the bit, before somebody else can set it. */
  async function remove(port: number, uid: string, by?: 'repair'): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const entry = await store.get(keyOf(port), signal);
      if (entry === undefined && uid === '') return await map.clear(port);
      if (entry === undefined || uidIn(entry) !== uid || (isGoing(entry) && by === undefined)) return;
      const value = Buffer.from(JSON.stringify({ uid, isGoing: true }));
      const marked = await store.commit({ key: keyOf(port), expected: entry.revision, value }, signal);
      if (!marked.ok) return;
      await map.clear(port);
      await store.commit({ key: keyOf(port), expected: marked.revision }, signal);
    } catch {
      // The repair finds it without a Service.
    }
  }

  return {
    async take(port, uid, have) {
      const signal = AbortSignal.timeout(timeoutMs);
      const value = Buffer.from(JSON.stringify({ uid }));
      const done = await store.commit({ key: keyOf(port), expected: 0, value }, signal);
      const isMine = done.ok || (done.current !== undefined && uidIn(done.current) === uid && !isGoing(done.current));
      if (!isMine) return false;
      if ((await map.set(port)) || !done.ok || have === 'has') return true;
      await store.commit({ key: keyOf(port), expected: done.revision }, signal); // a server of upstream's has it
      return false;
    },
    give(port, uid, by) {
      const done = remove(port, uid, by).finally(() => going.delete(done));
      going.add(done);
    },
    settled: () => Promise.all(going),
    async list() {
      const { entries } = await store.list({ prefix }, AbortSignal.timeout(timeoutMs));
      return entries.map((entry) => ({ port: Number(entry.key.slice(prefix.length)), uid: uidIn(entry) }));
    },
    mapped: () => map.read(),
  };
}
const timeoutMs = 10_000;
const prefix = '/registry/ranges/nodeports/';

function keyOf(port: number): string {
  return prefix + port;
}

function uidIn({ value }: Entry): string {
  return (JSON.parse(Buffer.from(value).toString()) as { readonly uid: string }).uid;
}

function isGoing({ value }: Entry): boolean {
  return (JSON.parse(Buffer.from(value).toString()) as { readonly isGoing?: boolean }).isGoing === true;
}
