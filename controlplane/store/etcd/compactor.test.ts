import test from 'ava';
import { takeTurn } from './compactor.ts';
import type { Members } from './members.ts';
import type { TxnRequest } from './wire.ts';

const never = new AbortController().signal;

test('takeTurn() compacts at the revision of its last turn, and leaves a turn that another server took', async (t) => {
  const etcd = play();
  const first = await takeTurn(etcd.members, { version: 0, revision: 0 }, never);
  t.deepEqual(first, { version: 1, revision: 100 });
  t.deepEqual(etcd.compacted, [], 'nothing is old enough');
  etcd.revision = 200;
  const second = await takeTurn(etcd.members, first, never);
  t.deepEqual(etcd.compacted, [100]);
  etcd.version = 5; // others were there
  etcd.revision = 300;
  const third = await takeTurn(etcd.members, second, never);
  t.deepEqual(third, { version: 5, revision: 300 });
  t.deepEqual(etcd.compacted, [100]);
});

test('takeTurn() takes what is compacted already for done', async (t) => {
  const etcd = play();
  etcd.fails = new Error('etcdserver: mvcc: required revision has been compacted');
  t.deepEqual(await takeTurn(etcd.members, { version: 0, revision: 50 }, never), { version: 1, revision: 100 });
  etcd.fails = new Error('etcdserver: no space');
  await t.throwsAsync(takeTurn(etcd.members, { version: 1, revision: 50 }, never), { message: /no space/ });
});

function play() {
  const etcd = { version: 0, revision: 100, compacted: [] as number[], fails: undefined as Error | undefined };
  const members = {
    async call(method: string, request: { readonly revision: number } & TxnRequest) {
      if (method === 'KV/Compact') {
        if (etcd.fails !== undefined) throw etcd.fails;
        etcd.compacted.push(request.revision);
        return { answer: {}, tries: 1 };
      }
      const succeeded = request.compare[0]!.version === etcd.version;
      if (succeeded) etcd.version++;
      const kvs = [{ version: String(etcd.version) }];
      const answer = {
        header: { revision: String(etcd.revision) },
        succeeded,
        responses: [{ responseRange: { kvs } }],
      };
      return { answer, tries: 1 };
    },
  } as unknown as Members;
  return Object.assign(etcd, { members });
}
