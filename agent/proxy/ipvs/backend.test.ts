import test from 'ava';
import type { Exec } from '#lib/exec.ts';
import { createSilentLog } from '#lib/log.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../example.ts';
import { planService } from '../plan.ts';
import { createIpvsBackend } from './backend.ts';

const { signal } = new AbortController();
const service = exampleService('web', { type: 'NodePort', ports: [examplePort({ nodePort: 20080 })] });
const plansOf = (...ips: readonly string[]) =>
  planService(
    service,
    [
      exampleSlice(
        'web',
        ips.map((ip) => exampleEndpoint(ip)),
      ),
    ],
    { nodeName: 'node-1' },
    4,
  );

/** Keeps virtual servers as the kernel does; of all else it says that there is nothing. */
function createServers() {
  const servers = new Map<string, Map<string, string>>();
  let pause: Promise<void> | undefined;
  const saved = () =>
    [...servers].map(([at, reals]) =>
      [`-A ${at} -s rr\n`, ...[...reals].map(([to, text]) => `-a ${at} -r ${to} ${text}\n`)].join(''),
    );
  const listed = () =>
    [...servers].map(([at, reals]) =>
      [
        `${at.replace('-t ', 'TCP  ')} rr\n`,
        ...[...reals].map(([to, text]) => `  -> ${to} Masq ${text.split(' ')[2]} 0 0\n`),
      ].join(''),
    );
  function restore(line: string): void {
    const [, verb, at, to, text] = /^-(\w) (-\w \S+)(?: -r (\S+))? ?(.*)$/.exec(line) as unknown as string[];
    const reals = servers.get(at!);
    const isThere = verb === 'A' ? reals !== undefined : to !== undefined && reals?.has(to);
    if (verb === 'A' || verb === 'a' ? isThere : !isThere && verb !== 'E' && verb !== 'D')
      throw new Error(`No: ${line}`);
    if (verb === 'A') servers.set(at!, new Map());
    else if (verb === 'D') servers.delete(at!);
    else if (verb === 'd') reals!.delete(to!);
    else if (verb !== 'E') reals!.set(to!, text!);
  }
  const exec = (async (
    file: string,
    [first, ...rest]: readonly string[],
    _signal: AbortSignal,
    options: { input?: string } = {},
  ) => {
    const result = (stdout = '') => ({ stdout, stderr: '', exitCode: 0 });
    if (file !== 'ipvsadm') return result(first === '-json' ? '[{}]' : '');
    if (first === '--list' && rest.length > 1)
      return { ...result(), exitCode: servers.has(rest.slice(1).join(' ')) ? 0 : 255 };
    if (first === '--list') {
      const text = listed().join('');
      await pause;
      return result(text);
    }
    if (first === '--save') return result(saved().join(''));
    for (const line of (options.input ?? '').trim().split('\n')) restore(line);
    return result();
  }) as unknown as Exec;
  return { exec, saved, clear: () => servers.clear(), pauseUntil: (until: Promise<void>) => (pause = until) };
}

function createBackend(exec: Exec) {
  const options = { family: 4, clusterCidr: '10.244.0.0/16', ownAddresses: new Set<string>() } as const;
  const backend = createIpvsBackend({ ...options, nodePortIps: ['172.18.0.2'], exec, log: createSilentLog() });
  const base = { family: 4, serviceCidrs: ['10.96.0.0/12'], clusterCidr: '10.244.0.0/16' } as const;
  backend.setBase({ ...base, podCidr: '10.244.0.0/24', nodeIps: ['172.18.0.2'] });
  return backend;
}

test('createIpvsBackend() knows servers at any node port again', async (t) => {
  const { exec, saved } = createServers();
  for (let start = 0; start < 2; start++) {
    const backend = createBackend(exec);
    backend.put('default/web', plansOf('10.244.0.5'));
    await backend.apply(signal);
    t.regex(saved().join(''), /-a -t 172\.18\.0\.2:20080 -r 10\.244\.0\.5:8080 -m -w 1/);
  }
});

test('isDamaged() takes no real server away that is wanted again', async (t) => {
  const { exec, saved, pauseUntil } = createServers();
  const backend = createBackend(exec);
  for (const ips of [['10.244.0.5', '10.244.0.6'], ['10.244.0.5']]) {
    backend.put('default/web', plansOf(...ips));
    await backend.apply(signal);
  }
  t.regex(saved().join(''), /10\.244\.0\.6:8080 -m -w 0/);
  const { promise, resolve } = Promise.withResolvers<void>();
  pauseUntil(promise);
  const looking = backend.isDamaged('whole', signal);
  backend.put('default/web', plansOf('10.244.0.5', '10.244.0.6'));
  const applying = backend.apply(signal);
  resolve();
  await Promise.all([looking, applying]);
  t.regex(saved().join(''), /10\.96\.1\.1:80 -r 10\.244\.0\.6:8080 -m -w 1/);
});

test('isDamaged() sees by a short look that somebody cleared all servers', async (t) => {
  const { exec, clear } = createServers();
  const backend = createBackend(exec);
  backend.put('default/web', plansOf('10.244.0.5'));
  await backend.apply(signal);
  t.false(await backend.isDamaged('short', signal));
  clear();
  t.true(await backend.isDamaged('short', signal));
  backend.forget();
  await backend.apply(signal);
  t.false(await backend.isDamaged('short', signal));
});
