import { apiServices } from '#lib/api/resources.ts';
import { groupFacts } from '#lib/api/schema.ts';
import type { Wanted } from './objects.ts';

/** An APIService for every version of every group that the server brings along, but for the one that serves APIServices. */
export function wantedApiServices(): readonly Wanted[] {
  return groupFacts.flatMap(({ group, versions, groupPriorityMinimum }) =>
    group === 'apiregistration.k8s.io'
      ? []
      : versions.map(({ version, versionPriority }): Wanted => {
          const metadata = {
            name: `${version}.${group}`,
            labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' },
          };
          const priorities = {
            groupPriorityMinimum: groupPriorityMinimum ?? 15_000,
            versionPriority: versionPriority ?? 15,
          };
          const spec = { ...(group === '' ? {} : { group }), version, ...priorities };
          return { resource: apiServices, object: { metadata, spec }, existing: 'keep' };
        }),
  );
}
