import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { planConflist, renderConflist } from './conflist.ts';
import { removeConflist, writeConflist } from './conflist-file.ts';

test('planConflist() gives a range of each family, and leaves masquerading to the node', (t) => {
  const [bridge, portmap] = planConflist({ podCidrs: ['10.244.0.0/24', 'fd00:244::/64'], mtu: 1450 }).plugins;
  t.like(bridge, { type: 'bridge', bridge: 'cni0', ipMasq: false, hairpinMode: true, mtu: 1450 });
  t.deepEqual(bridge?.['ipam'], {
    type: 'host-local',
    ranges: [[{ subnet: '10.244.0.0/24' }], [{ subnet: 'fd00:244::/64' }]],
  });
  t.like(portmap, { type: 'portmap', capabilities: { portMappings: true } });
});

test('writeConflist() writes what differs, whole, and removeConflist() may be repeated', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-conf-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const text = renderConflist(planConflist({ podCidrs: ['10.244.0.0/24'], mtu: 1500 }));
  t.true(await writeConflist(dir, text));
  t.false(await writeConflist(dir, text));
  t.deepEqual(await readdir(dir), ['10-skiff.conflist']);
  await removeConflist(dir);
  await removeConflist(dir);
  t.deepEqual(await readdir(dir), []);
});
