import { randomUUID } from 'node:crypto';
import test from 'ava';
import { createSilentLog } from '#lib/log.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { laidOut } from '../registry/layout/laid-out.ts';
import type { Registry } from '../registry/registry.ts';
import { type Ask, createLab, type Lab } from '../registry/testing.ts';
import { createServiceHooks, defaultPorts } from './hooks.ts';
import { createPortKeys } from './port-keys.ts';
import { createPortMap } from './port-map.ts';

function lab(range = '10.96.0.0/12'): Promise<Lab> {
  return createLab({ hooks: (registry) => ({ services: createServiceHooks(registry, { range }) }) });
}

const service = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
const make = (lab: Lab, body: unknown, ask: Ask = {}) =>
  lab.ask('create', 'v1/services', { namespace: 'default', body, ...ask });
const put = (lab: Lab, name: string, body: unknown) =>
  lab.ask('update', 'v1/services', { namespace: 'default', name, body });

test('a Service gets an address of the upper band, and its families', async (t) => {
  await using it = await lab();
  const { code, body } = await make(it, service('a'));
  t.is(code, 201);
  t.regex(body.spec.clusterIP, /^10\.(9[6-9]|10\d|11[01])\./);
  t.notRegex(body.spec.clusterIP, /^10\.96\.0\./);
  t.deepEqual(body.spec.clusterIPs, [body.spec.clusterIP]);
  t.like(body.spec, { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', type: 'ClusterIP' });
});

test('an address that is asked for is given once, and again when it is free', async (t) => {
  await using it = await lab();
  t.is((await make(it, service('a', { clusterIP: '10.96.0.10' }))).code, 201);
  const second = await make(it, service('b', { clusterIP: '10.96.0.10' }));
  t.is(second.code, 422);
  t.is(second.body.details.causes[0].field, 'spec.clusterIPs');
  t.true(second.body.message.endsWith('failed to allocate IP 10.96.0.10: provided IP is already allocated'));
  const outside = await make(it, service('b', { clusterIP: '192.0.2.1' }));
  t.true(outside.body.message.endsWith('the provided network does not match the current range'));
  const first = await make(it, service('b', { clusterIP: '10.96.0.0' }));
  t.true(first.body.message.includes('not in the valid range. The range of valid IPs is 10.96.0.0/12'));
  await it.ask('delete', 'v1/services', { namespace: 'default', name: 'a' });
  t.is((await make(it, service('b', { clusterIP: '10.96.0.10' }))).code, 201);
});

test('of many who ask for one address at once, one gets it', async (t) => {
  await using it = await lab();
  const asked = Array.from({ length: 20 }, (_, i) => make(it, service(`s${i}`, { clusterIP: '10.96.0.10' })));
  const codes = (await Promise.all(asked)).map(({ code }) => code);
  t.is(codes.filter((code) => code === 201).length, 1);
  t.is(codes.filter((code) => code === 422).length, 19);
});

test('a small range is used up to the last address and no further', async (t) => {
  await using it = await lab('10.96.0.0/28');
  const made = await Promise.all(Array.from({ length: 15 }, (_, i) => make(it, service(`s${i}`))));
  t.is(made.filter(({ code }) => code === 201).length, 14);
  t.is(new Set(made.map(({ body }) => body.spec?.clusterIP)).size, 15);
  t.true(made.some(({ body }) => body.message?.includes('range is full')));
});

test('a failed or dry create leaves nothing taken', async (t) => {
  await using it = await lab();
  t.is((await make(it, service('a', { clusterIP: '10.96.0.10' }), { query: 'dryRun=All' })).code, 201);
  t.is((await make(it, service('No_Name', { clusterIP: '10.96.0.10' }))).code, 422);
  t.is((await make(it, service('a', { clusterIP: '10.96.0.10' }))).code, 201);
});

test('node ports: given, asked for, refused, and kept across updates', async (t) => {
  await using it = await lab();
  const { body: a } = await make(it, service('a', { type: 'NodePort' }));
  const { nodePort } = a.spec.ports[0];
  t.true(nodePort >= 30_086 && nodePort <= 32_767);
  const twice = await make(it, service('b', { type: 'NodePort', ports: [{ port: 80, nodePort }] }));
  t.is(twice.code, 422);
  t.like(twice.body.details.causes[0], { field: 'spec.ports[0].nodePort' });
  t.true(twice.body.message.endsWith('provided port is already allocated'));
  t.is((await make(it, service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }))).code, 422);
  const kept = await put(
    it,
    'a',
    service('a', {
      type: 'NodePort',
      ports: [{ port: 80 }, { port: 81, name: 'x' }].map((p, i) => ({ name: `p${i}`, ...p })),
    }),
  );
  t.is(kept.code, 200);
  t.is(kept.body.spec.ports[0].nodePort, nodePort);
  t.is(kept.body.spec.clusterIP, a.spec.clusterIP);
  t.truthy(kept.body.spec.ports[1].nodePort);
});

test('a change of type takes and gives back', async (t) => {
  await using it = await lab();
  const { body: a } = await make(it, service('a', { type: 'NodePort' }));
  const plain = await put(it, 'a', { ...a, spec: { ...a.spec, type: 'ClusterIP' } });
  t.is(plain.code, 200);
  t.is(plain.body.spec.ports[0].nodePort, undefined);
  t.is(plain.body.spec.clusterIP, a.spec.clusterIP);
  const named = await put(it, 'a', {
    ...plain.body,
    spec: { ...plain.body.spec, type: 'ExternalName', externalName: 'a.example' },
  });
  t.is(named.code, 200);
  t.is(named.body.spec.clusterIP, undefined);
  const back = await put(it, 'a', service('a', { clusterIP: a.spec.clusterIP }));
  t.is(back.body.spec.clusterIP, a.spec.clusterIP);
  const moved = await put(it, 'a', service('a', { clusterIP: '10.96.0.77' }));
  t.is(moved.code, 422);
});

test('a headless Service gets no address', async (t) => {
  await using it = await lab();
  const { body } = await make(it, service('a', { clusterIP: 'None', selector: { a: 'b' } }));
  t.like(body.spec, { clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
});

test('two families are refused where there is one', async (t) => {
  await using it = await lab();
  t.is((await make(it, service('a', { ipFamilyPolicy: 'RequireDualStack' }))).code, 422);
  t.is((await make(it, service('a', { ipFamilies: ['IPv6'] }))).code, 422);
  t.is((await make(it, service('a', { ipFamilyPolicy: 'PreferDualStack' }))).code, 201);
});

const addresses = async (lab: Lab): Promise<readonly string[]> =>
  (await lab.ask('list', 'networking.k8s.io/v1/ipaddresses')).body.items.map(
    (one: { metadata: { name: string }; spec: { parentRef: { name: string } } }) =>
      `${one.metadata.name} ${one.spec.parentRef.name}`,
  );

test('every address of a Service has an object that goes with it', async (t) => {
  await using it = await lab();
  await make(it, service('a', { clusterIP: '10.96.0.10' }));
  await make(it, service('b', { clusterIP: '10.96.0.11' }), { query: 'dryRun=All' });
  await make(it, service('No_Name', { clusterIP: '10.96.0.12' }));
  await make(it, service('a', { clusterIP: '10.96.0.13' })); // there already
  await make(it, service('z', { clusterIP: '10.96.0.14' })); // waits for what is given back
  t.deepEqual(await addresses(it), ['10.96.0.10 a', '10.96.0.14 z']);
  const { body } = await it.ask('get', 'networking.k8s.io/v1/ipaddresses', { name: '10.96.0.10' });
  t.deepEqual(body.spec.parentRef, { resource: 'services', namespace: 'default', name: 'a' });
  t.is(body.metadata.labels['ipaddress.kubernetes.io/managed-by'], 'ipallocator.k8s.io');
  await it.ask('delete', 'v1/services', { namespace: 'default', name: 'a' });
  await make(it, service('c', { clusterIP: '10.96.0.10' }));
  t.deepEqual(await addresses(it), ['10.96.0.10 c', '10.96.0.14 z']);
});

test('an address that an object of somebody else names is taken', async (t) => {
  await using it = await lab();
  const spec = { parentRef: { group: 'a.example', resource: 'gateways', name: 'g' } };
  const made = await it.ask('create', 'networking.k8s.io/v1/ipaddresses', {
    body: { metadata: { name: '10.96.0.9' }, spec },
  });
  t.is(made.code, 201);
  const { code, body } = await make(it, service('a', { clusterIP: '10.96.0.9' }));
  t.is(code, 422);
  t.true(body.message.endsWith('provided IP is already allocated'));
});

test('a further ServiceCIDR is used where it is asked for, and when the first is full', async (t) => {
  await using it = await lab('10.96.0.0/30');
  const body = { metadata: { name: 'more' }, spec: { cidrs: ['10.97.0.0/30'] } };
  t.is((await it.ask('create', 'networking.k8s.io/v1/servicecidrs', { body })).code, 201);
  const asked = await make(it, service('a', { clusterIP: '10.97.0.1' }));
  t.is(asked.code, 201);
  const made = [await make(it, service('b')), await make(it, service('c')), await make(it, service('d'))];
  t.deepEqual(made.map((one) => one.body.spec.clusterIP).sort(), ['10.96.0.1', '10.96.0.2', '10.97.0.2']);
  const none = await make(it, service('e'));
  t.is(none.code, 500);
  t.true(none.body.message.endsWith('failed to allocate a serviceIP: range is full'));
});

test('two families: a Service gets, adds and gives back the second address', async (t) => {
  await using it = await lab('10.96.0.0/12,fd00:96::/112');
  const { body: one } = await make(it, service('one'));
  t.like(one.spec, { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
  const { body: six } = await make(it, service('six', { ipFamilies: ['IPv6'] }));
  t.regex(six.spec.clusterIP, /^fd00:96::/);
  const { body: both } = await make(it, service('both', { ipFamilyPolicy: 'RequireDualStack' }));
  t.deepEqual(both.spec.ipFamilies, ['IPv4', 'IPv6']);
  t.regex(both.spec.clusterIPs.join(), /^10\.\S+,fd00:96::/);
  const grown = await put(it, 'one', { ...one, spec: { ...one.spec, ipFamilyPolicy: 'PreferDualStack' } });
  t.is(grown.code, 200);
  t.is(grown.body.spec.clusterIPs.length, 2);
  t.is(grown.body.spec.clusterIPs[0], one.spec.clusterIP);
  const less = await put(it, 'one', { ...grown.body, spec: { ...grown.body.spec, ipFamilyPolicy: 'SingleStack' } });
  t.deepEqual(less.body.spec.clusterIPs, one.spec.clusterIPs);
  t.deepEqual(less.body.spec.ipFamilies, ['IPv4']);
  const asked = await make(
    it,
    service('asked', { clusterIPs: ['fd00:96::7', '10.96.0.7'], ipFamilyPolicy: 'PreferDualStack' }),
  );
  t.like(asked.body.spec, { clusterIP: 'fd00:96::7', ipFamilies: ['IPv6', 'IPv4'] });
  t.is((await make(it, service('x', { clusterIPs: ['10.96.0.8', 'fd00:96::8'] }))).code, 422);
});

/** Two servers on one store, whose values are laid out as in etcd. */
async function twoServers() {
  const plain = openSqliteStore({ path: ':memory:', maxWaiting: 100_000 });
  const store = { ...laidOut(plain, createSilentLog()), isShared: true };
  const keys = createPortKeys(store, createPortMap(store, defaultPorts));
  const hooks = (registry: Registry) => ({
    services: createServiceHooks(registry, {
      range: '10.96.0.0/12',
      random: () => 0,
      portKeys: createPortKeys(store, createPortMap(store, defaultPorts)),
    }),
  });
  const labs = [
    await createLab({ store, hooks, newUid: randomUUID }),
    await createLab({ store, hooks, newUid: randomUUID }),
  ] as const;
  return {
    labs,
    keys,
    async [Symbol.asyncDispose]() {
      for (const one of labs) await one[Symbol.asyncDispose]();
      await store.close();
    },
  };
}

test('of two servers that give away node ports at once, none gives one of the other', async (t) => {
  await using it = await twoServers();
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, i) => make(it.labs[i % 2]!, service(`s${i}`, { type: 'NodePort' }))),
  );
  t.deepEqual(new Set(made.map(({ code }) => code)), new Set([201]));
  t.is(new Set(made.map(({ body }) => body.spec.ports[0].nodePort)).size, 20);
  t.is((await it.keys.list()).length, 20);
  t.is((await it.keys.mapped()).size, 20);
});

test('of two servers that are asked for one node port at once, one gives it, and it is free again for both', async (t) => {
  await using it = await twoServers();
  const body = { type: 'NodePort', ports: [{ port: 80, nodePort: 30_007 }] };
  const made = await Promise.all(it.labs.map((lab, i) => make(lab, service(`s${i}`, body))));
  t.deepEqual(made.map(({ code }) => code).sort(), [201, 422]);
  const refused = made.find(({ code }) => code === 422)!;
  t.like(refused.body.details.causes[0], { field: 'spec.ports[0].nodePort' });
  t.true(refused.body.message.endsWith('provided port is already allocated'));
  const [winner] = made.flatMap(({ code }, i) => (code === 201 ? [i] : []));
  await it.labs[0].ask('delete', 'v1/services', { namespace: 'default', name: `s${winner}` });
  t.is((await make(it.labs[1], service('next', body))).code, 201);
  const dry = service('dry', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_008 }] });
  t.is((await make(it.labs[0], dry, { query: 'dryRun=All' })).code, 201);
  t.deepEqual(
    (await it.keys.list()).map(({ port }) => port),
    [30_007],
  );
});
