import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { endpointSlices, endpoints, services } from '#lib/api/resources.ts';
import { freePort } from '#lib/free-port.ts';
import { startTestServer, type TestServer } from '../../testing.ts';

let server: TestServer;
test.before(async () => {
  server = await startTestServer({ securePort: await freePort() }); // endpoints need a number
});
test.after.always(() => server?.close());

const own = { namespace: 'default', name: 'kubernetes' };
const signal = () => AbortSignal.timeout(60_000);

async function until<T>(read: () => Promise<T>, isRight: (value: T) => boolean): Promise<T> {
  const end = signal();
  for (;;) {
    const value = await read().catch(() => undefined);
    if (value !== undefined && isRight(value)) return value;
    end.throwIfAborted();
    await delay(50);
  }
}

test.serial('who deletes the Service of the API itself, or its endpoints, has them back', async (t) => {
  const { client } = server;
  const { metadata, spec } = await client.get(services, own, signal());
  await client.delete(endpointSlices, own, signal());
  await client.delete(endpoints, own, signal());
  await client.delete(services, own, signal());
  const made = await until(
    () => client.get(services, own, signal()),
    (found) => found.metadata.uid !== metadata.uid,
  );
  t.is(made.spec.clusterIP, spec.clusterIP);
  t.like(made.metadata.labels, { component: 'apiserver', provider: 'kubernetes' });
  const slice = await until(
    () => client.get(endpointSlices, own, signal()),
    () => true,
  );
  t.deepEqual(
    slice.endpoints?.map(({ addresses }) => addresses),
    [['192.0.2.1']],
  );
  const { subsets } = await until(
    () => client.get(endpoints, own, signal()),
    () => true,
  );
  t.is(subsets?.[0]?.addresses?.[0]?.ip, '192.0.2.1');
});
