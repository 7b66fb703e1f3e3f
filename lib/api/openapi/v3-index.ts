import { createHash } from 'node:crypto';
import type { ServedGroup, ServedResource } from '#lib/api/discovery/served.ts';
import { operationsOf } from './operations.ts';
import { typesOf } from './v3.ts';

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
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(served, version)}` }] as const;
    }),
  );
  return { paths: Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Of what the document is made from: to make all of them to know whether one has changed would take long. */
function hashOf(resources: readonly ServedResource[], version: string): string {
  const hash = createHash('sha256').update(version).update(JSON.stringify(resources));
  for (const [name, { facts }] of typesOf(resources.flatMap(operationsOf)))
    hash.update(name).update(JSON.stringify(facts));
  return hash.digest('hex').slice(0, 32).toUpperCase();
}
