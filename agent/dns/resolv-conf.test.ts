import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { machineResolvConf } from './resolv-conf.ts';

const folder = mkdtempSync(join(tmpdir(), 'skiff-resolv-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const stub = '# of systemd-resolved\nnameserver 127.0.0.53\noptions edns0 trust-ad\n';

test('machineResolvConf() passes over the stub of systemd-resolved', becomes, stub, 'nameserver 192.0.2.1\n', 'real');
test('machineResolvConf() keeps to the stub where there is nothing else', becomes, stub, undefined, 'file');
test('machineResolvConf() keeps to servers that somebody named', becomes, 'nameserver 192.0.2.9\n', '', 'file');
test('machineResolvConf() keeps to both', becomes, `${stub}nameserver 192.0.2.9\n`, '', 'file');
test('machineResolvConf() keeps to a file without servers', becomes, 'search a.example\n', '', 'file');
test('machineResolvConf() keeps to a file that is not there', becomes, undefined, '', 'file');

function becomes(
  t: import('ava').ExecutionContext,
  text: string | undefined,
  realText: string | undefined,
  chosen: 'file' | 'real',
): void {
  const own = mkdtempSync(join(folder, 'one-'));
  const places = { file: join(own, 'resolv.conf'), real: join(own, 'real.conf') };
  if (text !== undefined) writeFileSync(places.file, text);
  if (realText !== undefined) writeFileSync(places.real, realText);
  t.is(machineResolvConf(places.file, places.real), places[chosen]);
}
