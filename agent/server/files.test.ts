import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test from 'ava';
import { fsUsage, usedBelow } from './files.ts';

test('usedBelow() counts each file once, follows no link, and stops where there are too many', async (t) => {
  const home = await mkdtemp(`${tmpdir()}/files-`);
  await mkdir(`${home}/a/b`, { recursive: true });
  await writeFile(`${home}/a/one`, Buffer.alloc(64 * 1024, 1));
  await link(`${home}/a/one`, `${home}/a/b/again`);
  await symlink('/', `${home}/a/out`);
  const { usedBytes, inodesUsed } = await usedBelow(home);
  t.is(inodesUsed, 5);
  t.true(usedBytes >= 64 * 1024 && usedBytes < 128 * 1024, String(usedBytes));
  t.is((await usedBelow(home, 2)).inodesUsed, 2);
  await rm(home, { recursive: true });
});

test('fsUsage() adds up', async (t) => {
  const { capacityBytes, availableBytes, usedBytes, inodes, inodesFree, inodesUsed } = await fsUsage(tmpdir());
  t.true(capacityBytes > 0 && availableBytes + usedBytes <= capacityBytes);
  t.is(inodesFree + inodesUsed, inodes);
});
