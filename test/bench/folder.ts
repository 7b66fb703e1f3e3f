import { mkdtempSync, rmSync } from 'node:fs';

export interface Folder extends Disposable {
  readonly path: string;
}

/** A new folder in /tmp, gone with its scope; with the process if that ends first. */
export function temporaryFolder(prefix: string): Folder {
  const path = mkdtempSync(`/tmp/${prefix}.`);
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    path,
    [Symbol.dispose]() {
      process.off('exit', remove);
      remove();
    },
  };
}
