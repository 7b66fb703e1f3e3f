// Gives the machine's containerd the images that need no registry: the one that every pod's sandbox runs, and a shell.
import { mkdtemp, rm } from 'node:fs/promises';
import { exec } from '#lib/exec.ts';
import { writeImage } from '../lab/image.ts';
import { pauseRecipe, toolsRecipe } from '../lab/images.ts';

const { signal } = new AbortController();
const ctr = (...words: readonly string[]) =>
  exec('ctr', ['--namespace', 'k8s.io', ...words], signal, { timeoutMs: 300_000 });

const recipes = [pauseRecipe(), toolsRecipe()];
const { stdout } = await ctr('images', 'ls', '-q');
const missing = recipes.filter(({ name }) => !stdout.split('\n').includes(name));
if (missing.length > 0) {
  const folder = await mkdtemp('/var/tmp/skiff-images.');
  try {
    for (const [at, recipe] of missing.entries()) {
      await writeImage(recipe, `${folder}/${at}.tar`);
      await ctr('images', 'import', `${folder}/${at}.tar`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
