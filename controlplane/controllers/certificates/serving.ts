// Which serving certificates nodes get without a person's yes. Pure. Upstream leaves this to whoever runs the cluster, as
// a node tells its own addresses: one that lies must not get a certificate for somebody else's.
import type { CertificateSigningRequest } from '#lib/api/types/certificates.v1.ts';
import type { Node } from '#lib/api/types/core.v1.ts';
import type { RequestFacts } from '#lib/pki/signing.ts';

export interface ServingFacts {
  readonly request: CertificateSigningRequest;
  readonly asks: RequestFacts;
  readonly nodes: Iterable<Node>;
  /** Names and addresses of the control plane: only a node of its own machine may have them. */
  readonly reserved: readonly string[];
  /** The node that runs on the control plane's machine. */
  readonly ownNode: string;
}

/**
 * Why a request is left for a person to decide; undefined if it is a node's own, for its own name and for addresses that
 * it has and no other node claims.
 */
export function whyNotApproved({ request, asks, nodes, reserved, ownNode }: ServingFacts): string | undefined {
  const { username = '', groups = [] } = request.spec;
  if (!groups.includes('system:nodes') || username !== asks.commonName) return 'it is not asked for by the node itself';
  const nodeName = username.slice('system:node:'.length);
  const all = [...nodes];
  const node = all.find(({ metadata }) => metadata.name === nodeName);
  if (node === undefined) return `there is no node ${nodeName}`;
  const strange = asks.dnsNames.find((name) => name !== nodeName);
  if (strange !== undefined) return `${strange} is not the node's name`;
  const others = new Set(all.filter((one) => one !== node).flatMap(addressesOf));
  const own = new Set(addressesOf(node));
  for (const ip of asks.ips) {
    if (!own.has(ip)) return `${ip} is not an address of the node`;
    if (others.has(ip)) return `${ip} is an address of another node, too`;
  }
  const taken = [...asks.ips, ...asks.dnsNames].find((name) => reserved.includes(name));
  return taken === undefined || nodeName === ownNode ? undefined : `${taken} belongs to the control plane`;
}

function addressesOf({ status }: Node): readonly string[] {
  return (status.addresses ?? []).filter(({ type }) => /IP$/.test(type)).map(({ address }) => address);
}
