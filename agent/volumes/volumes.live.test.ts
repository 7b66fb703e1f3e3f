import { fileURLToPath } from 'node:url';
import test from 'ava';
import { exec } from '#lib/exec.ts';
import { scenarios } from './live-scenarios.ts';

const { signal } = new AbortController();
const file = fileURLToPath(new URL('live-scenarios.ts', import.meta.url));

for (const name of Object.keys(scenarios)) {
  test(`volumes: ${name}`, async (t) => {
    // Mounts of a test stay its own, and go with it, however it ends.
    const args = ['--mount', '--propagation', 'private', process.execPath, file, name];
    await t.notThrowsAsync(exec('unshare', args, signal));
  });
}
