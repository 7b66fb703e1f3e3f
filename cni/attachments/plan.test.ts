import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { forgetAttachment, freeLease, listAttachments, listLeases } from './files.ts';
import { findLeaks, planReattach } from './plan.ts';

const noted = [
  { containerId: 'a', links: ['veth1'], atMs: 0 },
  { containerId: 'b', links: ['veth2'], atMs: 0 },
];

test('planReattach() puts loose links of pods back, and no others', (t) => {
  const links = [{ name: 'cni0' }, { name: 'veth1' }, { name: 'veth2', master: 'cni0' }, { name: 'veth3' }];
  t.deepEqual(planReattach(noted, links, 'cni0'), {
    ip: ['link set dev veth1 master cni0 up'],
    bridge: ['link set dev veth1 hairpin on'],
  });
});

test('planReattach() waits for the bridge', (t) => {
  t.deepEqual(planReattach(noted, [{ name: 'veth1' }], 'cni0'), { ip: [], bridge: [] });
});

test('findLeaks() leaves what a sandbox has, and what is young', (t) => {
  const leases = ['a', 'b', 'c'].map((containerId, i) => ({
    address: `10.0.0.${i}`,
    containerId,
    atMs: i === 2 ? 900_000 : 0,
  }));
  const leaks = findLeaks({ leases, attachments: noted }, new Set(['a']), 1_000_000);
  t.deepEqual(leaks, { leases: [leases[1]!], attachments: [noted[1]!] });
});

test('files of the CNI library are read and taken away', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-cni-'));
  t.teardown(() => rm(dir, { recursive: true }));
  t.deepEqual([await listLeases(dir), await listAttachments(dir)], [[], []]);
  await mkdir(join(dir, 'networks/skiff'), { recursive: true });
  await mkdir(join(dir, 'results'));
  await writeFile(join(dir, 'networks/skiff/10.244.0.9'), 'abc\r\neth0');
  await writeFile(join(dir, 'networks/skiff/lock'), '');
  await writeFile(join(dir, 'networks/skiff/last_reserved_ip.0'), '10.244.0.9');
  const interfaces = [{ name: 'cni0' }, { name: 'veth7' }, { name: 'eth0', sandbox: '/run/netns/x' }];
  const file = join(dir, 'results/skiff-abc-eth0');
  await writeFile(file, JSON.stringify({ containerId: 'abc', result: { interfaces } }));
  await writeFile(join(dir, 'results/cni-loopback-abc-lo'), '{}');
  await utimes(file, 5, 5);
  const [lease] = await listLeases(dir);
  const [attachment] = await listAttachments(dir);
  t.like(lease, { address: '10.244.0.9', containerId: 'abc' });
  t.deepEqual(attachment, { containerId: 'abc', links: ['veth7'], atMs: 5000 });
  await freeLease(dir, lease!);
  await forgetAttachment(dir, attachment!);
  t.deepEqual([await listLeases(dir), await listAttachments(dir)], [[], []]);
});
