// What the Vagrantfile says of itself, what it does, and what the docs say; how its machines' services are held.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const file = read('../Vagrantfile');
const names = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map(([, name]) => name!))].sort();

test('the head of the Vagrantfile names every setting but those that only tests use', (t) => {
  const head = file.slice(0, file.indexOf('\nrequire'));
  const used = names(file, /setting\('([A-Z_]+)'/g);
  t.deepEqual(
    names(head, /SKIFF_([A-Z_]+)=/g),
    used.filter((name) => name !== 'PREFIX'),
  );
});

test('the docs name every setting that is for people', (t) => {
  const docs = names(read('../docs/vagrant.md'), /`SKIFF_([A-Z_]+)`/g);
  const used = names(file, /setting\('([A-Z_]+)'/g);
  t.deepEqual(
    used.filter((name) => !['PREFIX', 'EMULATED', 'ISOLATED'].includes(name)),
    docs,
  );
});

test('services start again, are watched, and find the address in the cluster network', (t) => {
  const units = readdirSync(fileURLToPath(new URL('machine/units', import.meta.url)));
  t.deepEqual(units, ['skiff-agent.service', 'skiff-server.service']);
  for (const unit of units) {
    const text = read(`machine/units/${unit}`);
    for (const line of ['Type=notify', 'Restart=always', 'StartLimitIntervalSec=0', 'LimitCORE=0', 'UMask=0077']) {
      t.true(text.includes(`\n${line}\n`), `${unit}: ${line}`);
    }
    t.regex(text, /\nWatchdogSec=\d+\n/);
    t.regex(text, /\$\{SKIFF_NODE_IP\}/);
  }
});

test('the server may do little on its machine', (t) => {
  const text = read('machine/units/skiff-server.service');
  for (const line of [
    'User=skiff',
    'CapabilityBoundingSet=',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'PrivateDevices=yes',
    'RestrictNamespaces=yes',
    'SystemCallFilter=@system-service',
  ]) {
    t.true(text.includes(`\n${line}\n`), line);
  }
});
