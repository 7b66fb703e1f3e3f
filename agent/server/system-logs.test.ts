import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test from 'ava';
import { openSystemLog } from './system-logs.ts';

test('openSystemLog() shows files and folders, and nothing outside', async (t) => {
  const home = await mkdtemp(`${tmpdir()}/logs-`);
  const root = `${home}/log`;
  await mkdir(`${root}/pods`, { recursive: true });
  await writeFile(`${home}/secret`, 'x');
  await writeFile(`${root}/a<b.log`, 'words');
  await symlink('../secret', `${root}/out`);
  await symlink('a<b.log', `${root}/in`);
  for (const name of ['a<b.log', 'in']) {
    const found = await openSystemLog(name, root);
    if (found.is !== 'file') return t.fail(name);
    t.is(await found.file.readFile('utf8'), 'words');
    await found.file.close();
  }
  const page = await openSystemLog('', root);
  t.like(page, { is: 'folder' });
  t.true('page' in page && page.page.includes('<a href="a%3Cb.log">a&lt;b.log</a>\n<a href="in">in</a>\n'));
  t.deepEqual(await openSystemLog('pods', root), { is: 'elsewhere', location: 'pods/' });
  for (const path of ['out', '../secret', 'absent', 'pods/../../secret']) {
    await t.throwsAsync(openSystemLog(path, root), { message: '404 page not found' }, path);
  }
  await rm(home, { recursive: true });
});
