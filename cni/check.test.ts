import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Exec } from '#lib/exec.ts';
import { checkPlugins, pluginMarks } from './check.ts';
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

test('checkPlugins() takes away what killed processes left of their checks, and nothing of those that run', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-plugins-'));
  t.teardown(() => rm(dir, { recursive: true }));
  for (const name of ['loopback', 'bridge', 'portmap', 'host-local'])
    await writeFile(join(dir, name), '', { mode: 0o755 });
  const netnsDir = await mkdtemp(join(tmpdir(), 'skiff-netns-'));
  t.teardown(() => rm(netnsDir, { recursive: true }));
  const left = ['skiff-check-999999999', `skiff-check-${process.pid}`];
  for (const name of [...left, 'skiff-check-1', 'cni-1', 'skiff-check-of-mine'])
    await writeFile(join(netnsDir, name), '');
  const taken: string[] = [];
  const exec = (async (_file: string, args: readonly string[]) => {
    if (args[1] === 'add') taken.push('-');
    if (args[1] === 'del') taken.push(args[2]!);
    return { stdout: '', stderr: '', exitCode: 0 };
  }) as unknown as Exec;
  const conflist = planConflist({ podCidrs: ['10.244.0.0/24'], mtu: 1500 });
  await checkPlugins({ conflist, binDir: dir, exec, netnsDir }, new AbortController().signal);
  t.deepEqual(taken.slice(0, taken.indexOf('-')).sort(), left.sort());
});

test('checkPlugins() asks of the plugins what a runtime asks of them', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-plugins-'));
  t.teardown(() => rm(dir, { recursive: true }));
  for (const name of ['loopback', 'bridge', 'portmap', 'host-local'])
    await writeFile(join(dir, name), '', { mode: 0o755 });
  const asked: string[] = [];
  const exec = (async (file: string, _args: unknown, _signal: unknown, options?: { env?: Record<string, string> }) => {
    if (options?.env !== undefined) asked.push(`${options.env['CNI_COMMAND']} ${file.slice(dir.length + 1)}`);
    return { stdout: '', stderr: '', exitCode: 0 };
  }) as unknown as Exec;
  const conflist = planConflist({ podCidrs: ['10.244.0.0/24'], mtu: 1500 });
  await checkPlugins({ conflist, binDir: dir, exec, netnsDir: dir }, new AbortController().signal);
  t.deepEqual(asked.slice(0, 4), ['ADD bridge', 'ADD portmap', 'DEL portmap', 'DEL bridge']);
});
