// The real iptables of both kinds, in a namespace of its own: what was applied is recognised, rule for rule.
import test from 'ava';
import { type Exec, exec } from '#lib/exec.ts';
import type { Family } from '#lib/ip.ts';
import { createSilentLog } from '#lib/log.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../example.ts';
import { planService } from '../plan.ts';
import { createApplier } from './apply.ts';
import { planBase, planJumps } from './base.ts';
import { planRules } from './plan.ts';
import { Ruleset } from './ruleset.ts';

const { signal } = new AbortController();

function inNamespace(name: string, variant: string): Exec {
  return (file, args, until, options) =>
    exec('ip', ['netns', 'exec', name, file.replace(/^(ip6?tables)/, `$1-${variant}`), ...args], until, options);
}

function everything(family: Family): Ruleset {
  const [clusterCidr, service, one, two, outer] =
    family === 4
      ? ['10.244.0.0/16', '10.96.1.1', '10.244.0.5', '10.244.1.6', '192.0.2.7']
      : ['fd00:244::/56', 'fd00:96::1', 'fd00:244::5', 'fd00:244:0:1::6', '2001:db8::7'];
  const ruleset = new Ruleset();
  ruleset.setBase(
    planBase({
      family,
      serviceCidrs: [family === 4 ? '10.96.0.0/12' : 'fd00:96::/112'],
      clusterCidr,
      podCidr: family === 4 ? '10.244.0.0/24' : 'fd00:244::/64',
      nodeIps: [outer],
    }),
  );
  const slice = exampleSlice(
    'web',
    [exampleEndpoint(one, 'node-1'), exampleEndpoint(two), exampleEndpoint(`${two}7`)],
    {
      addressType: `IPv${family}`,
      ports: (['TCP', 'UDP', 'SCTP'] as const).map((protocol) => ({
        name: protocol.toLowerCase(),
        protocol,
        port: 8080,
      })),
    },
  );
  const ports = (['TCP', 'UDP', 'SCTP'] as const).map((protocol) =>
    examplePort({ name: protocol.toLowerCase(), protocol, nodePort: 30080 }),
  );
  const common = {
    clusterIP: service,
    type: 'LoadBalancer',
    ports,
    externalIPs: [outer],
    loadBalancerSourceRanges: [family === 4 ? '198.51.100.0/24' : '2001:db8:1::/48'],
    healthCheckNodePort: 30999,
  } as const;
  const status = { loadBalancer: { ingress: [{ ip: outer }] } };
  const facts = { clusterCidr, ownAddresses: new Set<string>() };
  const put = (name: string, spec: Parameters<typeof exampleService>[1], slices: readonly (typeof slice)[]) => {
    const plans = planService(
      exampleService(name, { ...common, ...spec }, { status }),
      slices,
      { nodeName: 'node-1' },
      family,
    );
    ruleset.put(`default/${name}`, planRules(plans, facts));
  };
  put('cluster', { sessionAffinity: 'ClientIP' }, [slice]);
  put('local', { externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' }, [slice]);
  put('empty', {}, []);
  return ruleset;
}

const recognised = test.macro<[string, Family]>({
  title: (_title, variant, family) =>
    `createApplier() finds nothing to change in what it applied: ${variant}, IPv${family}`,
  async exec(t, variant, family) {
    const name = `skat${process.pid}${variant}${family}`;
    await exec('ip', ['netns', 'add', name], signal);
    t.teardown(async () => void (await exec('ip', ['netns', 'del', name], signal)));
    const run = inNamespace(name, variant);
    const options = { family, jumps: planJumps(family), exec: run, log: createSilentLog() };
    const first = createApplier(options);
    t.true((await first.apply(everything(family), signal)) > 30);
    const next = createApplier(options);
    t.is(await next.apply(everything(family), signal), 0);
    const look = () => next.isDamaged(signal);
    t.false(await look());
    const program = family === 4 ? 'iptables' : 'ip6tables';
    await run(program, ['-t', 'filter', '-F', 'FORWARD'], signal);
    t.true(await look());
    next.forget();
    t.is(
      await next.apply(everything(family), signal),
      planJumps(family).filter(({ from }) => from === 'FORWARD').length,
    );
    t.false(await look());
    for (const table of ['nat', 'filter']) {
      await run(program, ['-t', table, '-F'], signal);
      t.true(await look(), table);
      next.forget();
      await next.apply(everything(family), signal);
      t.false(await look(), table);
    }
  },
});
for (const variant of ['nft', 'legacy']) {
  test(recognised, variant, 4);
  test(recognised, variant, 6);
}
