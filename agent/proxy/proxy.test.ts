import test, { type ExecutionContext } from 'ava';
import type { Node, Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { createFedInformer } from '#lib/client/fed-informer.ts';
import { createFakeClock } from '#lib/clock.ts';
import type { Exec } from '#lib/exec.ts';
import { createSilentLog } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import { exampleService } from './example.ts';
import { canary, planJumps } from './iptables/base.ts';
import { createProxy } from './proxy.ts';

/** The chains that a look asks for, with all that should be in them. */
function shown(input: string): string {
  let table = '';
  const lines = input.split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1);
    if (!line.startsWith('-S ')) return [];
    const chain = line.slice(3);
    const ways = planJumps(4).filter((jump) => jump.table === table && jump.from === chain);
    const rules = ways.length === 0 ? canary : ways.map(({ rule }) => rule);
    return [`-N ${chain}`, ...rules.map((rule) => `-A ${chain} ${rule}`)];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** A kernel of which somebody may take all rules: it has them, or not. */
function createKernel() {
  let hasRules = false;
  let looks = 0;
  const result = (stdout = '', exitCode = 0) => ({ stdout, stderr: '', exitCode });
  const exec: Exec = async (file, args, _signal, { input = '' } = {}) => {
    if (args[0] === '--version') return result('iptables v1.8.9 (nf_tables)');
    if (file !== 'iptables-restore') return result();
    if (!/^-S /m.test(input)) {
      hasRules = true;
      return result();
    }
    looks++;
    return hasRules ? result(shown(input)) : result('', 1);
  };
  return { exec, looks: () => looks, hasRules: () => hasRules, flush: () => (hasRules = false) };
}

async function start(t: ExecutionContext, count: number) {
  const informers = {
    nodes: createFedInformer<Node>(),
    services: createFedInformer<Service>(),
    endpointSlices: createFedInformer<EndpointSlice>(),
  };
  for (let index = 0; index < count; index++) {
    informers.services.put(exampleService(`s${index}`, { clusterIP: `10.96.${index >> 8}.${index & 255}` }));
  }
  const [kernel, clock, stop] = [createKernel(), createFakeClock(), new AbortController()];
  let watches = 0;
  const proxy = createProxy({
    mode: 'iptables',
    nodeName: 'node-1',
    nodeIps: [],
    clusterCidrs: ['10.244.0.0/16'],
    serviceCidrs: () => ['10.96.0.0/12'],
    ownAddresses: [],
    informers,
    exec: kernel.exec,
    clock,
    log: createSilentLog(),
    metrics: createMetrics(),
    watch: (_ear, signal) => {
      watches++;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  });
  const running = proxy.run(stop.signal);
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  for (let tries = 0; tries < 20 && !kernel.hasRules(); tries++) await clock.advance(10);
  t.true(kernel.hasRules());
  return { kernel, clock, watches: () => watches };
}

test('createProxy() looks each second where there are too many Services for it to be told, and heals within the next', async (t) => {
  const { kernel, clock, watches } = await start(t, 2_001);
  await clock.advance(10_000);
  t.true(kernel.looks() >= 8, `${kernel.looks()}`);
  t.is(watches(), 0);
  kernel.flush();
  await clock.advance(1_100);
  t.true(kernel.hasRules());
});

test('createProxy() does not look each second where it is told', async (t) => {
  const { kernel, clock, watches } = await start(t, 10);
  await clock.advance(10_000);
  t.true(kernel.looks() <= 2, `${kernel.looks()}`); // each five seconds: of some changes nobody tells
  t.is(watches(), 1);
});
