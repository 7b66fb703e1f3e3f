import test from 'ava';
import { describeMachine, type Machine, observeMachine, whyTooSmall } from './machine.ts';

const gigabyte = 1024 ** 3;
const machine: Machine = {
  cores: 2,
  memoryBytes: 4 * gigabyte,
  freeMemoryBytes: 2 * gigabyte,
  freeDiskBytes: 10 * gigabyte,
  system: 'Debian 12',
  kernel: '6.1',
  cgroups: 'v2',
};

test('whyTooSmall() lets a lab begin that fits', (t) => {
  t.is(whyTooSmall(machine, 2), undefined);
  t.is(whyTooSmall({ ...machine, freeDiskBytes: undefined }, 2), undefined);
});

test('whyTooSmall() says what is missing and what to do', (t) => {
  t.regex(whyTooSmall(machine, 20) ?? '', /20 nodes need about 4\.1 GB of memory, and 2\.0 GB is free: use fewer/);
  t.regex(whyTooSmall({ ...machine, freeDiskBytes: 1024 }, 2) ?? '', /disk has 0 MB free/);
});

test('observeMachine() sees this machine', async (t) => {
  const seen = await observeMachine('/');
  t.true(seen.cores > 0 && seen.memoryBytes > seen.freeMemoryBytes && (seen.freeDiskBytes ?? 1) > 0);
  t.regex(describeMachine(seen), /cores, [\d.]+ GB, .+, Linux \d/);
});
