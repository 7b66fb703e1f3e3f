import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { pluginMarks } from './check.ts';
import { planConflist } from './conflist.ts';

test('pluginMarks() tells programs apart, and names the one that is missing or cannot be run', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-plugins-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const write = (name: string, text = name) => writeFile(join(dir, name), text, { mode: 0o755 });
  for (const name of ['loopback', 'bridge', 'portmap', 'host-local']) await write(name);
  const conflist = planConflist({ podCidrs: ['10.244.0.0/24'], mtu: 1500 });
  const marks = await pluginMarks(conflist, dir);
  t.is(await pluginMarks(conflist, dir), marks);
  await write('bridge', 'something else');
  t.not(await pluginMarks(conflist, dir), marks);
  await chmod(join(dir, 'host-local'), 0o644);
  await t.throwsAsync(pluginMarks(conflist, dir), { message: `CNI plugin "host-local" is missing in ${dir}` });
  await rm(join(dir, 'portmap'));
  await write('host-local');
  await chmod(join(dir, 'host-local'), 0o755);
  await t.throwsAsync(pluginMarks(conflist, dir), { message: `CNI plugin "portmap" is missing in ${dir}` });
});
