import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openSqliteStore } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'skiff-durability-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Lets a writer write until `lines` were acknowledged, and kills it in the middle. */
async function writeAndKill(path: string, lines: number): Promise<readonly string[]> {
  const writer = spawn(process.execPath, [new URL('testing-writer.ts', import.meta.url).pathname, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of writer.stdout) {
    output += chunk;
    if (output.split('\n').length > lines) writer.kill('SIGKILL');
  }
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
  return output.split('\n').slice(0, -1);
}

test('what a killed process had acknowledged is there afterwards, with its revision', async (t) => {
  const path = join(folder, 'killed.db');
  const acknowledged: string[] = [];
  for (const lines of [1, 700, 2500]) acknowledged.push(...(await writeAndKill(path, lines)));

  const store = openSqliteStore({ path });
  const { entries } = await store.list({ prefix: '/registry/' }, new AbortController().signal);
  const stored = new Set(entries.map(({ key, revision }) => `${key} ${revision}`));
  t.true(acknowledged.length >= 3201);
  t.deepEqual(
    acknowledged.filter((line) => !stored.has(line)),
    [],
  );
  await store.close();
});
