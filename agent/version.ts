import { readFileSync } from 'node:fs';

/** Kubernetes' version that the agent speaks, with Skiff's own. */
export const kubeletVersion: string = `v1.37.0+skiff${
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
}`;
