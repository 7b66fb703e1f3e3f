import { createHash } from 'node:crypto';
import type { ServedGroup, ServedResource } from '#lib/api/discovery/served.ts';
import type { PathOperations } from './operation.ts';
import { rootOperations } from './root-operations.ts';
import { pathsOfVersion, typesOf } from './v3.ts';

/** `/openapi/v3`: where the document of each group and version is, under an address that changes with the document. */
export function openApiV3Index(
  groups: readonly ServedGroup[],
  resources: readonly ServedResource[],
  version: string,
): { readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>> } {
  const entries = groups.flatMap(({ group, versions }) =>
    versions.map((one) => {
      const path = group === '' ? `api/${one}` : `apis/${group}/${one}`;
      const served = resources.filter((resource) => resource.group === group && resource.version === one);
      return [path, urlOf(path, hashOf(served, pathsOfVersion(served), version))] as const;
    }),
  );
  const roots = [...rootOperations(groups)].map(
    ([path, operations]) => [path, urlOf(path, hashOf([operations.path], [operations], version))] as const,
  );
  return { paths: Object.fromEntries([...roots, ...entries].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function urlOf(path: string, hash: string): { readonly serverRelativeURL: string } {
  return { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
}

/** Of what the document is made from: to make all of them to know whether one has changed would take long. */
function hashOf(of: readonly unknown[], paths: readonly PathOperations[], version: string): string {
  const hash = createHash('sha256').update(version).update(JSON.stringify(of));
  for (const [name, { facts }] of typesOf(paths)) hash.update(name).update(JSON.stringify(facts));
  return hash.digest('hex').slice(0, 32).toUpperCase();
}
