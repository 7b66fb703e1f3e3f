// The real proxy on a real kernel, in a namespace of its own, while connections are made and kept: what a restart, moving targets
// and somebody who flushes rules cost.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Node, Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { createFedInformer } from '#lib/client/fed-informer.ts';
import { type Clock, createClock } from '#lib/clock.ts';
import { type Exec, exec } from '#lib/exec.ts';
import { createSilentLog } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import type { Flow } from '../live/flow.ts';
import type { ProxyMode } from './backend.ts';
import { exampleEndpoint, exampleService, exampleSlice } from './example.ts';
import { nextWholeLookMs } from './look-again.ts';
import { nft } from './nftables/program.ts';
import { createProxy } from './proxy.ts';
import { watchRules } from './rule-events.ts';

const { signal } = new AbortController();
const [one, two] = ['10.200.0.1', '10.200.0.2'];

/**
 * Real time but for the wait before the look that is made every few seconds, which never ends: what is put right without it has
 * been heard of. The looks that word of something leads to are still made.
 */
function clockWithoutLooks(): Clock {
  const clock = createClock();
  const sleep: Clock['sleep'] = (ms, until) =>
    clock.sleep(ms === nextWholeLookMs(0) ? Number.POSITIVE_INFINITY : ms, until);
  return { ...clock, sleep };
}

/** A namespace with `count` Services, of which the first is under load. `looks`: whether the proxy looks by and by. */
async function openBed(t: ExecutionContext, mode: ProxyMode, count: number, { looks = true } = {}) {
  const name = `skpx${process.pid}${mode.slice(0, 1)}${count}`;
  await exec('ip', ['netns', 'add', name], signal);
  t.teardown(async () => void (await exec('ip', ['netns', 'del', name], signal)));
  const inside = ['netns', 'exec', name];
  const run: Exec = (file, args, until, options) => exec('ip', [...inside, file, ...args], until, options);
  const links = [
    'link set lo up',
    `address add ${one} dev lo`,
    `address add ${two} dev lo`,
    'route add default dev lo',
  ];
  for (const words of links) await run('ip', words.split(' '), signal);

  const address = (base: number, index: number) => `10.${base}.${index >> 8}.${index & 255}`;
  const informers = {
    nodes: createFedInformer<Node>(),
    services: createFedInformer<Service>(),
    endpointSlices: createFedInformer<EndpointSlice>(),
  };
  for (let index = 1; index <= count; index++) {
    informers.services.put(exampleService(`s${index}`, { clusterIP: address(100, index) }));
    const ips = index === 1 ? [one] : [address(201, index), address(202, index)];
    informers.endpointSlices.put(
      exampleSlice(
        `s${index}`,
        ips.map((ip) => exampleEndpoint(ip)),
      ),
    );
  }

  let [warnings, reads] = [0, 0];
  let [synced, readFrom, syncedAtMs] = [0, 0, 0]; // how often, and how often before the last read began
  const counting: Exec = (file, args, ...rest) => {
    if (mode === 'iptables' ? file === 'iptables-save' && args[1] === 'nat' : file === nft && args[0] === '-j') {
      reads++;
      readFrom = synced;
    }
    return run(file, args, ...rest);
  };

  let mayListen = Promise.resolve();
  let stopListening = async () => {};
  /** Ends whoever listens. Returns what lets somebody listen again. */
  async function deafen(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    mayListen = promise;
    await stopListening();
    return resolve;
  }

  /** Starts a proxy; returns what stops it, once its rules are in force. */
  async function start(): Promise<() => Promise<void>> {
    const stop = new AbortController();
    const proxy = createProxy({
      mode,
      nodeName: 'node-1',
      nodeIps: [],
      clusterCidrs: ['10.200.0.0/14'],
      serviceCidrs: () => ['10.100.0.0/16'],
      ownAddresses: [],
      informers,
      exec: counting,
      clock: looks ? createClock() : clockWithoutLooks(),
      log: { ...createSilentLog(), warn: () => void warnings++ },
      metrics: createMetrics(),
      async watch(ear, until) {
        await mayListen;
        const end = new AbortController();
        const listening = watchRules(ear, AbortSignal.any([until, end.signal]), ['ip', ...inside]);
        stopListening = () => {
          end.abort();
          return listening;
        };
        await listening;
      },
    });
    const applied = Promise.withResolvers<void>();
    proxy.onApplied(() => {
      synced++;
      syncedAtMs = performance.now();
      applied.resolve();
    });
    const running = proxy.run(stop.signal);
    await applied.promise;
    const end = () => {
      stop.abort();
      return running;
    };
    t.teardown(end);
    return end;
  }

  async function load() {
    const program = [process.execPath, new URL('../live/flow.ts', import.meta.url).pathname];
    const child: ChildProcess = spawn('ip', [...inside, ...program, address(100, 1), one, two], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout! });
    await once(lines, 'line');
    return async (): Promise<Flow> => {
      child.stdin!.write('\n');
      const [line] = (await once(lines, 'line')) as [string];
      return JSON.parse(line) as Flow;
    };
  }

  /** Every rule under the number that the kernel gave it: another one, if it was made anew. */
  const rules = async () =>
    (await run(nft, ['-a', '-s', 'list', 'ruleset'], signal)).stdout.replace(/ # new generation.*/g, '');
  /** Whether so many whole reads have been made: the last one is over, too, and what it led to. */
  const hasRead = (count: number) => within(20_000, async () => reads === count && synced > readFrom);
  /** Whether we leave the rules alone at last: word of our own doing has come by then, and the read that it may lead to is over. */
  const calm = () => within(20_000, async () => synced > readFrom && performance.now() - syncedAtMs > calmMs);
  return { run, informers, start, load, rules, deafen, hasRead, calm, warned: () => warnings, reads: () => reads };
}
const calmMs = 700; // word may be 200 ms late, and doubt waits for 400 ms

const restart = test.macro<[ProxyMode]>({
  title: (_title, mode) =>
    `createProxy() drops no connection and writes no right rule anew as it starts again: ${mode}`,
  async exec(t, mode) {
    const bed = await openBed(t, mode, 1_000);
    const stop = await bed.start();
    const said = await bed.load();
    await delay(200);
    const before = await bed.rules();
    t.true(before.length > 100_000);
    await said();
    await stop();
    const stopAgain = await bed.start();
    await delay(200);
    const flow = await said();
    t.is(await bed.rules(), before);
    t.like(flow, { failed: 0, breaks: 0 });
    t.true(flow.answered > 10 && flow.echoes > 5);
    await stopAgain();
  },
});

const moves = test.macro<[ProxyMode]>({
  title: (_title, mode) => `createProxy() loses no request while targets come and go: ${mode}`,
  async exec(t, mode) {
    const bed = await openBed(t, mode, 20);
    const stop = await bed.start();
    const said = await bed.load();
    t.true(await bed.hasRead(2), 'at the start, and as soon as somebody listens');
    await said();
    for (let round = 0; round < 20; round++) {
      const ips = [[one, two], [two], [two, one], [one]][round % 4]!;
      bed.informers.endpointSlices.put(
        exampleSlice(
          's1',
          ips.map((ip) => exampleEndpoint(ip)),
        ),
      );
      await delay(50);
    }
    const flow = await said();
    t.like(flow, { failed: 0, breaks: 0 });
    t.true(flow.answered > 10);
    t.is(bed.reads(), 2, 'what changes of our own take is not taken for somebody else’s doing');
    await stop();
  },
});

const heals = test.macro<[ProxyMode, readonly (readonly string[])[]]>({
  title: (_title, mode) => `createProxy() has rules that somebody took away back within a second: ${mode}`,
  async exec(t, mode, harms) {
    t.timeout(300_000);
    const bed = await openBed(t, mode, 20, { looks: false });
    const stop = await bed.start();
    const said = await bed.load();
    t.true(await bed.hasRead(2), 'at the start, and as soon as somebody listens');
    const plain = async () =>
      (await bed.rules())
        .replace(/ # handle \d+/g, '')
        .split('\n')
        .sort()
        .join('\n');
    const before = await plain();
    for (const [file, ...words] of harms) {
      t.true(await bed.calm());
      t.is(await plain(), before);
      await said();
      await bed.run(file!, words, signal);
      const fromMs = performance.now();
      while ((await plain()) !== before && performance.now() - fromMs < 10_000) await delay(20);
      const healedMs = Math.round(performance.now() - fromMs);
      const flow = await said();
      t.log(`${words.join(' ')}: ${healedMs} ms, ${flow.failed} requests failed within ${flow.failingMs} ms`);
      t.true(healedMs < 1_000, words.join(' '));
      t.true(flow.failingMs < 1_000, words.join(' '));
    }
    await stop();
  },
});

const healsMany = test.macro<[number, readonly (readonly string[])[]]>({
  title: (_title, count) => `createProxy() notices a flush among ${count} Services though nobody tells it: iptables`,
  async exec(t, count, harms) {
    t.timeout(300_000); // more than all its bounds together
    const bed = await openBed(t, 'iptables', count);
    const stop = await bed.start();
    const said = await bed.load();
    const rulesInNat = async () => (await bed.run('iptables-save', ['-t', 'nat'], signal)).stdout.split('\n-A ').length;
    const before = await rulesInNat();
    t.true(before > 5 * count);
    for (const [file, ...words] of harms) {
      await said();
      const warned = bed.warned();
      await bed.run(file!, words, signal);
      const fromMs = performance.now();
      const noticed = await within(20_000, async () => bed.warned() > warned);
      const noticedMs = performance.now() - fromMs;
      const isWhole = async () => (await rulesInNat()) === before;
      const healed = await within(60_000, isWhole);
      const healedMs = performance.now() - fromMs;
      const flow = await said();
      const after = `noticed after ${Math.round(noticedMs)} ms, whole after ${Math.round(healedMs)} ms`;
      t.log(`${words.join(' ')}: ${after}, ${flow.failed} requests failed within ${flow.failingMs} ms`);
      t.true(noticed && healed, words.join(' '));
    }
    await stop();
  },
});

/** Whether `check` holds before that long is over: asked again and again. */
async function within(ms: number, check: () => Promise<boolean>): Promise<boolean> {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs) {
    if (await check()) return true;
    await delay(20);
  }
  return check();
}

const healsAmidst = test.macro<[ProxyMode, readonly string[]]>({
  title: (_title, mode) => `createProxy() notices that rules went while it changed others: ${mode}`,
  async exec(t, mode, [file, ...words]) {
    t.timeout(300_000);
    const bed = await openBed(t, mode, 20, { looks: false });
    const stop = await bed.start();
    for (const waitMs of [0, 20, 100, 190]) {
      bed.informers.endpointSlices.put(exampleSlice('s2', [exampleEndpoint(waitMs % 40 === 0 ? one : two)]));
      await delay(waitMs);
      await bed.run(file!, words, signal);
      const fromMs = performance.now();
      const missing = async () => !(await bed.rules()).includes('10.100.0.1');
      const isBack = await within(10_000, async () => !(await missing()));
      const healedMs = Math.round(performance.now() - fromMs);
      t.log(`after ${waitMs} ms: healed in ${healedMs} ms`);
      t.true(isBack, 'nobody looks: it has to hear of it');
      t.true(healedMs < 4_000);
    }
    await stop();
  },
});

/** One rule of the first Service: no look sees that it is gone. */
const oneRule = {
  iptables: {
    async take({ run }: Bed) {
      const { stdout } = await run('iptables', ['-t', 'nat', '-S', 'KUBE-SERVICES'], signal);
      const at = stdout.split('\n').findIndex((line) => line.includes('default/s1:http cluster IP'));
      await run('iptables', ['-t', 'nat', '-D', 'KUBE-SERVICES', `${at}`], signal);
    },
    isThere: async ({ run }: Bed) =>
      (await run('iptables-save', ['-t', 'nat'], signal)).stdout.includes('default/s1:http cluster IP'),
  },
  nftables: {
    async take({ run }: Bed) {
      const words = 'delete element ip kube-proxy service-ips { 10.100.0.1 . tcp . 80 }';
      await run(nft, words.split(' '), signal);
    },
    isThere: async ({ rules }: Bed) => (await rules()).includes('10.100.0.1 . tcp . 80 : goto'),
  },
} as const;
type Bed = Awaited<ReturnType<typeof openBed>>;

const healsUnheard = test.macro<['iptables' | 'nftables']>({
  title: (_title, mode) => `createProxy() puts one rule back that went while nobody could tell: ${mode}`,
  async exec(t, mode) {
    t.timeout(300_000); // more than all its bounds together
    const bed = await openBed(t, mode, 20);
    const stop = await bed.start();
    const { take, isThere } = oneRule[mode];
    const isBack = async (what: string) => {
      const fromMs = performance.now();
      t.true(await within(40_000, () => isThere(bed)), what);
      t.log(`${what}: back after ${Math.round(performance.now() - fromMs)} ms`);
    };

    t.true(await bed.hasRead(2), 'at the start, and as soon as somebody listens');
    const listen = await bed.deafen();
    await take(bed);
    t.false(await isThere(bed));
    listen();
    await isBack('while nobody listened');

    bed.informers.endpointSlices.put(exampleSlice('s2', [exampleEndpoint(two)]));
    await delay(20);
    await take(bed);
    await isBack('amidst a change of our own');

    await bed.run(nft, ['flush', 'ruleset'], signal);
    await isBack('as the ruleset was flushed');
    await take(bed);
    await isBack('right after that');
    await stop();
  },
});

for (const mode of ['iptables', 'nftables'] as const) {
  test.serial(healsUnheard, mode);
  test.serial(restart, mode);
  test.serial(moves, mode);
}
test.serial(healsAmidst, 'iptables', ['iptables', '-t', 'nat', '-F']);
test.serial(healsAmidst, 'nftables', [nft, 'flush', 'ruleset']);
test.serial(healsMany, 2_500, [
  ['iptables', '-t', 'nat', '-F'],
  [nft, 'flush', 'ruleset'],
  ['iptables', '-t', 'nat', '-F'],
]);
test.serial(heals, 'iptables', [
  ['iptables', '-t', 'nat', '-F'],
  ['iptables', '-F', 'FORWARD'],
  ['iptables', '-t', 'nat', '-D', 'KUBE-SERVICES', '1'],
  ['iptables', '-t', 'nat', '-D', 'OUTPUT', '1'],
  [nft, 'flush', 'ruleset'],
]);
test.serial(heals, 'nftables', [
  [nft, 'flush', 'ruleset'],
  [nft, 'flush', 'chain', 'ip', 'kube-proxy', 'services'],
  [nft, 'delete', 'element', 'ip', 'kube-proxy', 'service-ips', '{ 10.100.0.1 . tcp . 80 }'],
  [nft, 'delete', 'table', 'ip', 'kube-proxy'],
]);
