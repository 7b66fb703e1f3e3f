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
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: `node ${nodeVersion}`,
    compiler: 'v8',
    platform: `${platform}/${arch === 'x64' ? 'amd64' : arch}`,
  };
}
