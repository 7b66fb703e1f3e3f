import { existsSync, readFileSync } from 'node:fs';
import { arch, version as nodeVersion, platform } from 'node:process';

/** What /version says. `skiffVersion` is that of package.json. */
export function versionInfo(skiffVersion: string): { readonly gitVersion: string } & Readonly<Record<string, string>> {
  return {
    major: '1',
    minor: '37',
    emulationMajor: '1',
    emulationMinor: '37',
    minCompatibilityMajor: '1',
    minCompatibilityMinor: '36',
    gitVersion: `v1.37.0+skiff${skiffVersion}`,
    gitCommit: commit(),
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: `node ${nodeVersion}`,
    compiler: 'v8',
    platform: `${platform}/${arch === 'x64' ? 'amd64' : arch}`,
  };
}

/** The commit of the checkout that runs; zeros where there is none (a release archive). */
function commit(): string {
  try {
    const folder = new URL('../../../.git/', import.meta.url);
    const head = readFileSync(new URL('HEAD', folder), 'utf8').trim();
    const ref = /^ref: (.+)$/.exec(head)?.[1];
    if (ref === undefined) return head;
    const file = new URL(ref, folder);
    const packed = () =>
      new RegExp(`^([0-9a-f]{40}) ${ref}$`, 'm').exec(readFileSync(new URL('packed-refs', folder), 'utf8'))?.[1];
    return (existsSync(file) ? readFileSync(file, 'utf8').trim() : packed()) ?? noCommit;
  } catch {
    return noCommit;
  }
}
const noCommit = '0'.repeat(40);
