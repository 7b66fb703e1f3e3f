// A key for each node port of a Service, where several servers write to one store: no two can give the same one away.
// Upstream keeps all in one bitmap; with a key each, a port can be given back without asking whose it is by now.
import type { Entry, Store } from '../../store/store.ts';

export interface PortKeys {
  /** For the Service of this uid. @returns false if another one has it */
  take(port: number, uid: string): Promise<boolean>;
  /** Free again in the background, if it is still that Service's. */
  give(port: number, uid: string): void;
  /** Settles when what was given back is free. */
  settled(): Promise<unknown>;
  /** Who has which. */
  list(): Promise<readonly PortKey[]>;
}

export interface PortKey {
  readonly port: number;
  readonly uid: string;
}

export function createPortKeys(store: Pick<Store, 'get' | 'commit' | 'list'>): PortKeys {
  const going = new Set<Promise<void>>(); // bounded by the requests under way

  async function remove(port: number, uid: string): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const entry = await store.get(keyOf(port), signal);
      if (entry === undefined || uidIn(entry) !== uid) return;
      await store.commit({ key: keyOf(port), expected: entry.revision }, signal);
    } catch {
      // The repair finds it without a Service.
    }
  }

  return {
    async take(port, uid) {
      const change = { key: keyOf(port), expected: 0, value: Buffer.from(JSON.stringify({ uid })) };
      const done = await store.commit(change, AbortSignal.timeout(timeoutMs));
      return done.ok || (done.current !== undefined && uidIn(done.current) === uid);
    },
    give(port, uid) {
      const done = remove(port, uid).finally(() => going.delete(done));
      going.add(done);
    },
    settled: () => Promise.all(going),
    async list() {
      const { entries } = await store.list({ prefix }, AbortSignal.timeout(timeoutMs));
      return entries.map((entry) => ({ port: Number(entry.key.slice(prefix.length)), uid: uidIn(entry) }));
    },
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
