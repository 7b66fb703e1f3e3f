export interface ConflistFacts {
  /** This node's ranges, at most one of each family. */
  readonly podCidrs: readonly string[];
  readonly mtu: number;
}

/** What containerd reads to give pods a network; see the CNI specification and each plugin's page. */
export interface Conflist {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly Plugin[];
}
export interface Plugin {
  readonly type: string;
  readonly capabilities?: Readonly<Record<string, boolean>>;
  readonly [key: string]: unknown;
}

export const bridgeName = 'cni0';
export const networkName = 'skiff';

/** Pods on one bridge, which is their gateway; addresses out of the node's range; host ports. */
export function planConflist({ podCidrs, mtu }: ConflistFacts): Conflist {
  return {
    cniVersion: '1.0.0',
    name: networkName,
    plugins: [
      {
        type: 'bridge',
        bridge: bridgeName,
        isGateway: true,
        isDefaultGateway: true,
        // After a node was given another range the bridge still has the old one's address.
        forceAddress: true,
        // A pod reaches itself through its Service.
        hairpinMode: true,
        // Only what leaves the cluster is masqueraded: the node's rules know what that is, this plugin does not.
        ipMasq: false,
        mtu,
        ipam: {
          type: 'host-local',
          ranges: podCidrs.map((subnet) => [{ subnet }]),
        },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  };
}

export function renderConflist(conflist: Conflist): string {
  return `${JSON.stringify(conflist, null, 2)}\n`;
}
