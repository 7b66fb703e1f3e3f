// The real nft, in a namespace of its own, in both families: changes one by one lead to the same table as all at once.
import test from 'ava';
import { type Exec, exec } from '#lib/exec.ts';
import type { Family } from '#lib/ip.ts';
import { createSilentLog } from '#lib/log.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../example.ts';
import { planService } from '../plan.ts';
import { createNftablesBackend } from './backend.ts';
import { nft } from './program.ts';

const { signal } = new AbortController();

const converges = test.macro<[Family]>({
  title: (_title, family) => `createNftablesBackend() comes to the same by small steps as by a large one: IPv${family}`,
  async exec(t, family) {
    const name = `sknf${process.pid}${family}`;
    await exec('ip', ['netns', 'add', name], signal);
    t.teardown(async () => void (await exec('ip', ['netns', 'del', name], signal)));
    const run: Exec = (file, args, until, options) =>
      exec('ip', ['netns', 'exec', name, file, ...args], until, options);
    const listed = async () => (await run(nft, ['list', 'ruleset'], signal)).stdout.split('\n').sort().join('\n');
    const stepwise = backendOf(family, run);
    const steps = stepsOf(family);

    t.true((await stepwise.apply(signal)) > 0);
    t.is(await stepwise.apply(signal), 0);
    for (const [key, plans] of steps) {
      stepwise.put(key, plans);
      await stepwise.apply(signal);
    }
    const byStep = await listed();
    const atOnce = backendOf(family, run);
    for (const [key, plans] of steps) atOnce.put(key, plans);
    await atOnce.apply(signal);
    t.is(byStep, await listed());
    t.false(await atOnce.isDamaged('whole', signal));

    const handles = async () => (await run(nft, ['-a', 'list', 'ruleset'], signal)).stdout;
    const untouched = await handles();
    const restarted = backendOf(family, run);
    for (const [key, plans] of steps) restarted.put(key, plans);
    t.is(await restarted.apply(signal), 0);
    t.is(await handles(), untouched);
    const at = ['rule', family === 4 ? 'ip' : 'ip6', 'kube-proxy', 'services'];
    await run(nft, ['insert', ...at, 'counter'], signal);
    await run(nft, ['delete', 'element', ...at.slice(1, 3), 'cluster-ips', `{ ${clusterIps[family]} }`], signal);
    restarted.forget();
    t.is(await restarted.apply(signal), 2);
    t.is(byStep, await listed());

    for (const [key] of steps) atOnce.put(key, []);
    await atOnce.apply(signal);
    const emptied = await listed();
    const fresh = backendOf(family, run);
    await fresh.apply(signal);
    t.is(emptied, await listed());
    await run(nft, ['flush', 'ruleset'], signal);
    t.true(await fresh.isDamaged('whole', signal));
  },
});
test(converges, 4);
test(converges, 6);

const clusterIps = { 4: '10.96.1.1', 6: 'fd00:96::1' } as const;

function backendOf(family: Family, run: Exec) {
  const clusterCidr = family === 4 ? '10.244.0.0/16' : 'fd00:244::/56';
  const options = {
    family,
    clusterCidr,
    ownAddresses: new Set<string>(),
    nodePortIps: [],
    exec: run,
    log: createSilentLog(),
  };
  const backend = createNftablesBackend(options);
  backend.setBase({
    family,
    clusterCidr,
    serviceCidrs: [family === 4 ? '10.96.0.0/12' : 'fd00:96::/112'],
    podCidr: family === 4 ? '10.244.0.0/24' : 'fd00:244::/64',
    nodeIps: [family === 4 ? '172.18.0.2' : 'fd00:18::2'],
  });
  return backend;
}

/** Every kind of Service, each in changing states. */
function stepsOf(family: Family) {
  const [clusterIP, one, two, outer, range] =
    family === 4
      ? [clusterIps[4], '10.244.0.5', '10.244.1.6', '192.0.2.7', '198.51.100.0/24']
      : [clusterIps[6], 'fd00:244::5', 'fd00:244:0:1::6', '2001:db8::7', '2001:db8:1::/48'];
  const protocols = ['TCP', 'UDP', 'SCTP'] as const;
  const nameOf = (protocol: string) => protocol.toLowerCase();
  const sliceOf = (...ips: readonly string[]) =>
    exampleSlice(
      'x',
      ips.map((ip) => exampleEndpoint(ip, ip === one ? 'node-1' : 'node-2')),
      {
        addressType: `IPv${family}`,
        ports: protocols.map((protocol) => ({ name: nameOf(protocol), protocol, port: 8080 })),
      },
    );
  const plansOf = (
    name: string,
    spec: Parameters<typeof exampleService>[1],
    number: number,
    ips: readonly string[],
  ) => {
    const ports = protocols.map((protocol) =>
      examplePort({ name: nameOf(protocol), protocol, port: 80 + number, nodePort: 30_000 + number }),
    );
    const rest = {
      clusterIP,
      type: 'LoadBalancer',
      ports,
      externalIPs: [outer],
      loadBalancerSourceRanges: [range],
    } as const;
    const service = exampleService(
      name,
      { ...rest, ...spec },
      { status: { loadBalancer: { ingress: [{ ip: outer }] } } },
    );
    return [`default/${name}`, planService(service, [sliceOf(...ips)], { nodeName: 'node-1' }, family)] as const;
  };
  const local = { externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' } as const;
  const sticky = (timeoutSeconds: number) =>
    ({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } }) as const;
  return [
    plansOf('cluster', {}, 1, [one, two]),
    plansOf('cluster', {}, 1, [one, two, `${two}1`]),
    plansOf('cluster', {}, 1, [two]),
    plansOf('local', local, 2, [two]),
    plansOf('local', local, 2, [one, two]),
    plansOf('sticky', sticky(60), 3, [one, two]),
    plansOf('sticky', sticky(90), 3, [one]),
    plansOf('empty', {}, 4, [one]),
    plansOf('empty', {}, 4, []),
  ];
}
