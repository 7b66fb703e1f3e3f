import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** First in the order of names, so that it wins over what a package may have put there. */
const fileName = '10-skiff.conflist';

/** Puts `text` where the runtime looks, in one step. Returns whether that changed anything. */
export async function writeConflist(dir: string, text: string): Promise<boolean> {
  const path = join(dir, fileName);
  if ((await readText(path)) === text) return false;
  await mkdir(dir, { recursive: true });
  await writeFile(`${path}.new`, text); // the runtime reads names that end in .conflist only
  await rename(`${path}.new`, path);
  return true;
}

/** Takes the conflist away: the runtime then says that it has no network. May be repeated. */
export async function removeConflist(dir: string): Promise<void> {
  await rm(join(dir, fileName), { force: true });
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
