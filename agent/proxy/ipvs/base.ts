// The fixed rules beside virtual servers: who is masqueraded, who may come, and that nothing else of the node answers.
import type { Family } from '#lib/ip.ts';
import { type BaseFacts, planBase, planJumps } from '../iptables/base.ts';
import { type ChainId, type Chains, comment, type Jump, type Rule, reject } from '../iptables/rules.ts';
import { type SetKind, setName } from './sets.ts';

/** Where addresses of Services are this node's own. */
export const linkName = 'skiff-ipvs';
export const filterChain: ChainId = 'filter SKIFF-IPVS-FILTER';

export function planIpvsJumps(family: Family): readonly Jump[] {
  const own: Jump = {
    table: 'filter',
    from: 'INPUT',
    rule: `${comment('only services at their addresses')} -j SKIFF-IPVS-FILTER`,
  };
  return [own, ...planJumps(family)];
}

export function planIpvsBase(facts: BaseFacts): Chains {
  const { family, clusterCidr } = facts;
  const base = planBase(facts);
  const hairpin = `${comment('a pod that reaches itself')} ${matches('LOOP-BACK', family, 'dst,dst,src')} -j MASQUERADE`;
  return new Map<ChainId, readonly Rule[]>([
    ...base,
    [
      'nat KUBE-SERVICES',
      [
        ...(clusterCidr === undefined
          ? []
          : [`! -s ${clusterCidr} ${matches('CLUSTER-IP', family, 'dst,dst')} -j KUBE-MARK-MASQ`]),
        `${matches('EXTERNAL', family, 'dst,dst')} -j KUBE-MARK-MASQ`,
        ...(['tcp', 'udp', 'sctp'] as const).map((protocol) => {
          const kind = `NODE-PORT-${protocol.toUpperCase() as 'TCP' | 'UDP' | 'SCTP'}` as const;
          return `-p ${protocol} -m addrtype --dst-type LOCAL ${matches(kind, family, 'dst')} -j KUBE-MARK-MASQ`;
        }),
      ],
    ],
    ['nat KUBE-POSTROUTING', [hairpin, ...(base.get('nat KUBE-POSTROUTING') ?? [])]],
    ['filter KUBE-NODEPORTS', [`-p tcp ${matches('HEALTH-CHECK', family, 'dst')} -j ACCEPT`]],
    [
      'filter KUBE-PROXY-FIREWALL',
      [
        `${matches('FIREWALL-SOURCE', family, 'dst,dst,src')} -j RETURN`,
        `${matches('FIREWALL', family, 'dst,dst')} -j DROP`,
      ],
    ],
    [filterChain, planFilter(family)],
  ]);
}

/** Else a process of the node that listens everywhere would answer at each Service's address. */
function planFilter(family: Family): readonly Rule[] {
  const served = (['CLUSTER-IP', 'EXTERNAL', 'EXTERNAL-LOCAL'] as const).map(
    (kind) => `${matches(kind, family, 'dst,dst')} -j RETURN`,
  );
  const other = `-m conntrack --ctstate NEW ${matches('ADDRESSES', family, 'dst')} -j ${reject(family)}`;
  // Dropped, not refused: a load balancer then tries another node.
  return [`${matches('NO-LOCAL', family, 'dst,dst')} -j DROP`, ...served, other];
}

function matches(kind: SetKind, family: Family, parts: string): string {
  return `-m set --match-set ${setName(kind, family)} ${parts}`;
}
