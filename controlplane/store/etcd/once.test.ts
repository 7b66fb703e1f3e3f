// Creations that are tried twice, on an etcd that is played: each try is done when the test says so.
import test from 'ava';
import { createKeys } from './keys.ts';
import type { Members } from './members.ts';
import { createCommit } from './store.ts';
import { type Compare, type TxnRequest, target } from './wire.ts';

const never = new AbortController().signal;
const key = '/registry/pods/a/p';
const creation = { key, expected: 0, value: Buffer.from('one') };

test('a first try that comes late does not bring back what was deleted meanwhile', async (t) => {
  const etcd = play();
  const lost: TxnRequest[] = [];
  etcd.lose = (request) => lost.push(request) === 1;
  const made = await etcd.commit(creation, never);
  t.like(made, { ok: true });
  t.like(await etcd.commit({ key, expected: made.ok ? made.revision : 0 }, never), { ok: true });
  t.false(etcd.done(lost[0]!).succeeded);
  t.deepEqual(etcd.objects(), []);
});

test('a first try that was done, and only its answer lost, is found to be the one', async (t) => {
  const etcd = play();
  let asked = 0;
  etcd.lose = (request) => {
    asked += 1;
    if (asked === 1) etcd.done(request);
    return asked === 1;
  };
  t.deepEqual(await etcd.commit(creation, never), { ok: true, revision: 1 });
  t.deepEqual(etcd.objects(), [key]);
});

test('a first try that is done while the second is on its way is found, too', async (t) => {
  const etcd = play();
  const lost: TxnRequest[] = [];
  etcd.lose = (request) => {
    if (lost.length === 1) etcd.done(lost[0]!);
    return lost.push(request) === 1;
  };
  t.like(await etcd.commit(creation, never), { ok: true });
  t.deepEqual(etcd.objects(), [key]);
});

test('what others made is told, by the first try and by the second', async (t) => {
  const etcd = play();
  await etcd.commit({ ...creation, value: Buffer.from('other') }, never);
  t.like(await etcd.commit(creation, never), { ok: false, current: { revision: 1 } });
  let asked = 0;
  etcd.lose = () => ++asked === 1;
  t.like(await etcd.commit(creation, never), { ok: false, current: { revision: 1 } });
});

test('a change leaves no key of ours behind, nor does a creation that is done at once', async (t) => {
  const etcd = play();
  const made = await etcd.commit(creation, never);
  await etcd.commit({ key, expected: made.ok ? made.revision : 0, value: Buffer.from('two') }, never);
  t.deepEqual(etcd.keys(), [key]);
});

interface Stored {
  readonly value: Buffer;
  readonly modRevision: number;
  readonly version: number;
}

function play() {
  const stored = new Map<string, Stored>();
  let revision = 0;

  function isSo({ target: what, key: at, version, modRevision, value }: Compare): boolean {
    const found = stored.get(at.toString());
    if (what === target.version) return (found?.version ?? 0) === version;
    if (what === target.modRevision) return (found?.modRevision ?? 0) === modRevision;
    return found !== undefined && value !== undefined && found.value.equals(value);
  }

  function done({ compare, success, failure }: TxnRequest) {
    const succeeded = compare.every(isSo);
    const responses = (succeeded ? success : failure).map(({ requestPut, requestDeleteRange, requestRange }) => {
      if (requestPut !== undefined) {
        revision += 1;
        const version = (stored.get(requestPut.key.toString())?.version ?? 0) + 1;
        stored.set(requestPut.key.toString(), { value: Buffer.from(requestPut.value), modRevision: revision, version });
      }
      if (requestDeleteRange !== undefined && stored.delete(requestDeleteRange.key.toString())) revision += 1;
      const found = requestRange && stored.get(requestRange.key.toString());
      const kv = found && { ...found, key: requestRange!.key, modRevision: String(found.modRevision) };
      return { responseRange: { kvs: kv === undefined ? [] : [kv] } };
    });
    return { header: { revision: String(revision) }, succeeded, responses };
  }

  const etcd = {
    done,
    /** Whether a try gets no answer; asked for those of commits alone. */
    lose: (_request: TxnRequest): boolean => false,
    keys: () => [...stored.keys()],
    objects: () => [...stored.keys()].filter((one) => one.startsWith('/registry/')),
    commit: undefined as unknown as ReturnType<typeof createCommit>,
  };
  const members = {
    async call(_method: string, asked: TxnRequest | ((tries: number) => Promise<TxnRequest>)) {
      for (let tries = 1; ; tries++) {
        const request = typeof asked === 'function' ? await asked(tries) : asked;
        if (request.compare.length > 0 && etcd.lose(request)) continue;
        return { answer: done(request), tries };
      }
    },
  } as unknown as Members;
  const context = {
    members,
    keys: createKeys('/registry'),
    leases: { of: async () => '1' },
    ttlSecondsOf: () => undefined,
  };
  etcd.commit = createCommit(context);
  return etcd;
}
