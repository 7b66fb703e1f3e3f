// Another version of Skiff: an earlier commit in a folder of its own, which says that it is a minor version older.
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { home } from '../lab.ts';

export interface OtherVersion extends AsyncDisposable {
  readonly folder: string;
  readonly commit: string;
}

/** @throws {Error} if the commit is not in this checkout: `git fetch --unshallow` brings what a shallow clone lacks */
export async function checkOut(commit: string, minor: string): Promise<OtherVersion> {
  const folder = mkdtempSync('/tmp/skiff-other.');
  const { stdout: full } = await execa('git', ['-C', home, 'rev-parse', '--verify', `${commit}^{commit}`]);
  const archive = execa('git', ['-C', home, 'archive', full]);
  await archive.pipe('tar', ['-x', '-C', folder]);
  if (existsSync(`${home}/node_modules`)) symlinkSync(`${home}/node_modules`, `${folder}/node_modules`);
  for (const file of ['agent/version.ts', 'controlplane/apiserver/routes/version.ts']) {
    const path = `${folder}/${file}`;
    const text = readFileSync(path, 'utf8')
      .replaceAll('v1.37.0', `v1.${minor}.0`)
      .replace("minor: '37'", `minor: '${minor}'`);
    writeFileSync(path, text);
  }
  return {
    folder,
    commit: full.slice(0, 7),
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
