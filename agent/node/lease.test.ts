import test from 'ava';
import type { Lease } from '#lib/api/types/coordination.v1.ts';
import type { Node } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createFakeClock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import { createSilentLog } from '#lib/log.ts';
import { keepLease } from './lease.ts';

test('keepLease() renews four times in the life of the lease, sooner after a failure, and names the node as its owner', async (t) => {
  const clock = createFakeClock();
  const beganMs = clock.now();
  const said: string[] = [];
  let [there, mayFail]: [Lease | undefined, boolean] = [undefined, false];
  const say = (what: string) => void said.push(`${(clock.now() - beganMs) / 1000} ${what}`);
  const client = {
    async get() {
      if (there === undefined) throw new ReasonError('NotFound', 'no such lease');
      return there;
    },
    async create(_kind: unknown, lease: Lease) {
      say('create');
      return (there = lease);
    },
    async update(_kind: unknown, lease: Lease) {
      say(mayFail ? 'fail' : 'update');
      if (mayFail) throw new ReasonError('ServiceUnavailable', 'away');
      return (there = lease);
    },
  } as unknown as Client;
  const end = new AbortController();
  const node = () => ({ metadata: { name: 'n1', uid: 'u' } }) as Node;
  const running = keepLease(node, { client, clock, log: createSilentLog() }, 'n1', end.signal);
  await clock.advance(0);
  await clock.advance(25_000);
  mayFail = true;
  await clock.advance(5_300);
  mayFail = false;
  await clock.advance(500);
  t.deepEqual(said, ['0 create', '10 update', '20 update', '30 fail', '30.2 fail', '30.6 update']);
  t.like(there, {
    metadata: { namespace: 'kube-node-lease', ownerReferences: [{ kind: 'Node', name: 'n1', uid: 'u' }] },
    spec: { holderIdentity: 'n1', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:30.600000Z' },
  });
  end.abort();
  await running;
});
