// What every provider must hold to. Others run it against theirs:
//
//   import { cloudSuite } from '.../controlplane/cloud/suite.ts';
//   cloudSuite('mine', async () => ({ provider, machine: 'vm-1', start, stop, remove, end }));
import test from 'ava';
import type { Node, Service } from '#lib/api/types/core.v1.ts';
import { hasReason } from '#lib/errors.ts';
import type { CloudProvider } from './provider.ts';

/** A cloud with one machine that may be done with. */
export interface CloudUnderTest {
  readonly provider: CloudProvider;
  /** The machine's name, which is its node's, too. It runs. */
  readonly machine: string;
  /** Turns it off; absent where that cannot be. */
  stop?(): Promise<void>;
  remove(): Promise<void>;
  end(): Promise<void>;
}

export function cloudSuite(name: string, make: () => Promise<CloudUnderTest>): void {
  const { signal } = new AbortController();
  const nodeOf = (machine: string, providerID?: string) =>
    ({
      metadata: { name: machine },
      spec: providerID === undefined ? {} : { providerID },
      status: {},
    }) as unknown as Node;

  test(`${name}: describes a machine: a providerID of its own, and addresses`, async (t) => {
    const { provider, machine, end } = await make();
    if (provider.instances !== undefined) {
      const found = await provider.instances.describe(nodeOf(machine), signal);
      t.true(found?.providerID.startsWith(`${provider.name}://`));
      t.true((found?.addresses.length ?? 0) > 0);
      const again = await provider.instances.describe(nodeOf(machine, found?.providerID), signal);
      t.deepEqual(again, found);
    }
    t.pass();
    await end();
  });

  test(`${name}: a machine exists until it is removed`, async (t) => {
    const { provider, machine, remove, end } = await make();
    if (provider.instances !== undefined) {
      const { instances } = provider;
      const found = await instances.describe(nodeOf(machine), signal);
      const node = nodeOf(machine, found?.providerID);
      t.true(await instances.exists(node, signal));
      t.false(await instances.isShutdown(node, signal));
      await remove();
      t.false(await instances.exists(node, signal));
      const error = await t.throwsAsync(instances.describe(node, signal));
      t.true(hasReason(error, 'NotFound'));
    }
    t.pass();
    await end();
  });

  test(`${name}: a machine that is turned off still exists`, async (t) => {
    const { provider, machine, stop, end } = await make();
    if (provider.instances !== undefined && stop !== undefined) {
      const found = await provider.instances.describe(nodeOf(machine), signal);
      const node = nodeOf(machine, found?.providerID);
      await stop();
      t.true(await provider.instances.exists(node, signal));
      t.true(await provider.instances.isShutdown(node, signal));
    }
    t.pass();
    await end();
  });

  test(`${name}: leaves nodes of other clouds alone`, async (t) => {
    const { provider, machine, end } = await make();
    if (provider.instances !== undefined) {
      const node = nodeOf(machine, 'elsewhere://1');
      t.true(await provider.instances.exists(node, signal));
      t.is(await provider.instances.describe(node, signal), undefined);
    }
    t.pass();
    await end();
  });

  test(`${name}: makes a route once, and removes it`, async (t) => {
    const { provider, machine, end } = await make();
    if (provider.routes !== undefined) {
      const route = { node: machine, destination: '10.244.200.0/24' };
      await provider.routes.create(route, signal);
      await provider.routes.create(route, signal);
      const isIt = (other: { node: string; destination: string }) => other.destination === route.destination;
      t.is((await provider.routes.list(signal)).filter(isIt).length, 1);
      await provider.routes.remove(route, signal);
      await provider.routes.remove(route, signal);
      t.is((await provider.routes.list(signal)).filter(isIt).length, 0);
    }
    t.pass();
    await end();
  });

  test(`${name}: gives a Service one balancer, and takes it away`, async (t) => {
    const { provider, machine, end } = await make();
    if (provider.loadBalancers !== undefined) {
      const { loadBalancers } = provider;
      const service = {
        metadata: { name: 'web', namespace: 'default', uid: 'u1' },
        spec: { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] },
      } as unknown as Service;
      t.is(await loadBalancers.status(service, signal), undefined);
      const first = await loadBalancers.ensure(service, [nodeOf(machine)], signal);
      t.true((first.ingress?.length ?? 0) > 0);
      t.deepEqual(await loadBalancers.ensure(service, [nodeOf(machine)], signal), first);
      t.deepEqual(await loadBalancers.status(service, signal), first);
      await loadBalancers.update(service, [], signal);
      await loadBalancers.remove(service, signal);
      await loadBalancers.remove(service, signal);
      t.is(await loadBalancers.status(service, signal), undefined);
    }
    t.pass();
    await end();
  });
}
