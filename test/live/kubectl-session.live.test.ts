// More than two hundred commands and what the documentation promises of each: by the newest kubectl here, or by all if
// SKIFF_TEST_ALL_KUBECTLS is set.
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { testCluster } from './cluster.ts';
import { fill, judge, minorOf, parseSession } from './kubectl/session.ts';
import { allKubectls, type Kubectl, run } from './kubectl.ts';
import { image } from './pods.ts';

const home = new URL('kubectl/', import.meta.url).pathname;
const all = allKubectls();
const some = process.env['SKIFF_TEST_ALL_KUBECTLS'] === undefined ? all.slice(-1) : all;

for (const kubectl of some) {
  test.serial(`kubectl ${kubectl.version}: a session`, async (t) => {
    t.timeout(300_000);
    t.deepEqual(await session(kubectl), []);
  });
}

/** @returns what went wrong */
async function session(kubectl: Kubectl): Promise<readonly string[]> {
  const folder = mkdtempSync('/tmp/skiff-session.');
  const namespace = `session-${kubectl.version.replace('.', '-')}`;
  const names = { NS: namespace, IMAGE: image, FOLDER: folder };
  const kubeconfig = join(folder, 'kubeconfig');
  cpSync(join(home, 'files'), folder, { recursive: true });
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) fillFile(join(folder, path), names);
  copyFileSync(testCluster().kubeconfig, kubeconfig); // the lab's own is a link
  const wrong: string[] = [];
  try {
    await run(kubectl, ['create', 'namespace', namespace]);
    for (const step of parseSession(readFileSync(join(home, 'session.txt'), 'utf8'), names)) {
      if (minorOf(kubectl.version) < step.since) continue;
      const why = judge(step, await run(kubectl, step.words, { kubeconfig }));
      if (why !== undefined) wrong.push(why);
    }
    return wrong;
  } finally {
    await run(kubectl, ['delete', 'namespace', namespace, '--wait=false']);
    rmSync(folder, { recursive: true });
  }
}

function fillFile(path: string, names: Readonly<Record<string, string>>): void {
  if (statSync(path).isFile()) writeFileSync(path, fill(readFileSync(path, 'utf8'), names));
}
