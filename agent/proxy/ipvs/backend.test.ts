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
  const busy = new Set<string>(); // real servers with a connection
  let pause: Promise<void> | undefined;
  let restored = ''; // rules of all tables: none is ever taken here
  const saved = () =>
    [...servers].map(([at, reals]) =>
      [`-A ${at} -s rr\n`, ...[...reals].map(([to, text]) => `-a ${at} -r ${to} ${text}\n`)].join(''),
    );
  const hex = (at: string) => {
    const [ip, port] = at.split(' ').at(-1)!.split(':');
    const digits = (value: number, length: number) => value.toString(16).toUpperCase().padStart(length, '0');
    const address = ip!.split('.').map((part) => digits(Number(part), 2));
    return `${address.join('')}:${digits(Number(port), 4)}`;
  };
  const listed = () =>
    [...servers].map(([at, reals]) =>
      [
        `TCP  ${hex(at)} rr \n`,
        ...[...reals].map(
          ([to, text]) =>
            `  -> ${hex(to)}      Masq    ${text.split(' ')[2]}      ${busy.has(to) ? 1 : 0}          0         \n`,
        ),
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
  const linkOf = () => {
    const ips = new Set([...servers.keys()].map((at) => at.replace(/^-t (.*):\d+$/, '$1')));
    return JSON.stringify([{ addr_info: [...ips].map((local) => ({ local })) }]);
  };
  /** Of all tables: the look takes each rule for there that is in one of them. */
  const chainLines = (chain: string) => [
    `-N ${chain}`,
    ...restored
      .split('\n')
      .filter((line) => line.startsWith(`-A ${chain} `) || line.startsWith(`-I ${chain} `))
      .map((line) => line.replace(/^-I (\S+) (?:\d+ )?/, '-A $1 ')),
  ];
  const exec = (async (
    file: string,
    [first, ...rest]: readonly string[],
    _signal: AbortSignal,
    options: { input?: string } = {},
  ) => {
    const result = (stdout = '') => ({ stdout, stderr: '', exitCode: 0 });
    if (file === 'iptables-restore') {
      const { input = '' } = options;
      const shown = [...input.matchAll(/^-S (.*)$/gm)].flatMap(([, chain]) => chainLines(chain!));
      if (shown.length > 0) return result(shown.map((line) => `${line}\n`).join(''));
      restored += input;
    }
    if (file === 'cat') {
      const text = listed().join('');
      await pause;
      return result(text);
    }
    if (file !== 'ipvsadm') return result(first === '-json' ? linkOf() : '');
    if (first === '--list' && rest.length > 1)
      return { ...result(), exitCode: servers.has(rest.slice(1).join(' ')) ? 0 : 255 };
    if (first === '--save') return result(saved().join(''));
    for (const line of (options.input ?? '').trim().split('\n')) restore(line);
    return result();
  }) as unknown as Exec;
  return { exec, saved, busy, clear: () => servers.clear(), pauseUntil: (until: Promise<void>) => (pause = until) };
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

test('apply() does not wait for a whole look, which judges nothing that has changed meanwhile', async (t) => {
  const { exec, saved, busy, clear, pauseUntil } = createServers();
  const backend = createBackend(exec);
  const put = async (...ips: readonly string[]) => {
    backend.put('default/web', plansOf(...ips));
    await backend.apply(signal);
  };
  await put('10.244.0.5', '10.244.0.6');
  await put('10.244.0.5');
  busy.add('10.244.0.6:8080');
  t.false(await backend.isDamaged('whole', signal));
  t.regex(saved().join(''), /10\.244\.0\.6:8080 -m -w 0/);
  busy.clear();
  const { promise, resolve } = Promise.withResolvers<void>();
  pauseUntil(promise);
  const looking = backend.isDamaged('whole', signal);
  await put('10.244.0.5', '10.244.0.6', '10.244.0.7');
  t.regex(saved().join(''), /10\.244\.0\.7:8080 -m -w 1/);
  resolve();
  t.false(await looking);
  await put('10.244.0.5');
  t.false(await backend.isDamaged('whole', signal));
  t.notRegex(saved().join(''), /10\.244\.0\.[67]/);
  clear();
  t.true(await backend.isDamaged('whole', signal));
});
