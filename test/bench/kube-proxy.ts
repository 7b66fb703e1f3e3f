import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';

export interface ProxyTimes {
  /** How long it wrote rules until all were there: of kube-proxy by its own figures, as it gives them in its log. */
  readonly firstMs: number;
  /** From sending each change until the log says that the rules are written. */
  readonly changesMs: readonly number[];
}

/** Runs kube-proxy in iptables mode on `services` Services, in a network namespace of its own. */
export async function runKubeProxy(binary: string, services: number, changes: number): Promise<ProxyTimes> {
  const feedProgram = new URL('proxy-feed.ts', import.meta.url).pathname;
  const script = `ip link set lo up; exec 3<&0; ${process.execPath} ${feedProgram} ${services} <&3 | { read port; echo "port $port"
    ${binary} --master=http://127.0.0.1:$port --hostname-override=node-1 --proxy-mode=iptables --cluster-cidr=10.200.0.0/14 \\
      --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0 \\
      --metrics-bind-address=127.0.0.1:10249 -v=2 2>&1 & cat; kill $!; }`;
  const child: ChildProcessWithoutNullStreams = spawn('unshare', ['--net', 'sh', '-c', script]);
  const lines = on(createInterface({ input: child.stdout }), 'line', { signal: AbortSignal.timeout(600_000) });
  try {
    // It may begin before it has heard of all Services: what it wrote then is a part, which it writes again.
    let firstMs = await written(lines);
    while ((await targetsWritten(child.pid!)) < 2 * services) firstMs += await written(lines);
    await delay(2_000); // it may have written the rules once more
    const changesMs: number[] = [];
    for (let change = 0; change < changes; change++) {
      const startMs = performance.now();
      child.stdin.write(`${(change * 7919) % services}\n`);
      await written(lines);
      changesMs.push(performance.now() - startMs);
      await delay(1_200); // at most one a second, unless it had a rest
    }
    return { firstMs, changesMs };
  } finally {
    child.stdin.end();
    await once(child, 'close');
  }
}

/** Of how many endpoints the kernel has rules, in the network namespace of the process. */
async function targetsWritten(pid: number): Promise<number> {
  const words = [`--net=/proc/${pid}/ns/net`, 'iptables-save', '-t', 'nat'];
  const { stdout } = await execa('nsenter', words, { maxBuffer: 2 ** 28 });
  return stdout.match(/^:KUBE-SEP-/gm)?.length ?? 0;
}

/** Waits until rules are written; returns how long that took, in milliseconds. */
async function written(lines: AsyncIterator<string[]>): Promise<number> {
  for (;;) {
    const { value, done } = await lines.next();
    const line = String(value);
    if (done || /^F\d{4} /.test(line)) throw new Error(`kube-proxy has ended: ${line}`);
    const took = /syncProxyRules took (.*)$/.exec(line);
    if (took !== null) return durationMs(took[1]!);
  }
}

/** '1.5s', '20.1ms' or '1m2s' in milliseconds. */
function durationMs(text: string): number {
  const units: Readonly<Record<string, number>> = { m: 60_000, s: 1_000, ms: 1, µs: 0.001 };
  return [...text.matchAll(/([\d.]+)(ms|µs|m|s)/g)].reduce((sum, [, n, unit]) => sum + Number(n) * units[unit!]!, 0);
}
