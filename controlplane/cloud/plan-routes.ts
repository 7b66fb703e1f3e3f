import type { Node } from '#lib/api/types/core.v1.ts';
import { contains, parseCidr } from '#lib/ip.ts';
import type { Route } from './provider.ts';

export interface RoutePlan {
  readonly create: readonly Route[];
  readonly remove: readonly Route[];
}

/** Rule: cloud-provider's route controller. Routes out of the cluster's ranges are somebody else's. */
export function planRoutes(
  nodes: readonly Node[],
  routes: readonly Route[],
  clusterCidrs: readonly string[],
): RoutePlan {
  const wanted = nodes.flatMap(({ metadata, spec }) =>
    (spec.podCIDRs ?? []).map((destination) => ({ node: metadata.name, destination })),
  );
  const isSame = (a: Route) => (b: Route) => a.node === b.node && a.destination === b.destination;
  return {
    create: wanted.filter((route) => !routes.some((there) => !there.isBlackhole && isSame(route)(there))),
    remove: routes.filter((route) => {
      if (!isOurs(route, clusterCidrs)) return false;
      return route.isBlackhole === true || !wanted.some(isSame(route));
    }),
  };
}

function isOurs({ destination }: Route, clusterCidrs: readonly string[]): boolean {
  const range = parseCidr(destination);
  return clusterCidrs.some((cidr) => {
    const cluster = parseCidr(cidr);
    return (
      range !== undefined && cluster !== undefined && contains(cluster, { family: range.family, value: range.base })
    );
  });
}
