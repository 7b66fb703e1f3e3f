// Where everything of a lab is: names, addresses and paths, all from its data folder and size. Pure.

export interface LabOptions {
  /** Absolute path; all that the lab writes is below it. */
  readonly dataDir: string;
  readonly nodeCount: number;
  /** Nodes have no way out: no route, no link to the host. */
  readonly isolated: boolean;
  /** Port on 127.0.0.1 of the host at which the API answers. */
  readonly apiPort: number;
  /** How many segments the nodes are on, in turn; a router joins them. One unless told. */
  readonly segmentCount?: number;
  /** Nodes, pods and Services have addresses of both families. */
  readonly dualStack?: boolean;
  /** How Services get into the kernel, and how pods of other nodes are reached; the agent's default if absent. */
  readonly proxyMode?: string | undefined;
  readonly podNetwork?: string | undefined;
  /** Further names under which the runtime runs containers, for RuntimeClasses. */
  readonly runtimeHandlers: readonly string[];
  /** Folder of the containerd to run, with its shim and ctr; that in PATH unless told. */
  readonly containerdDir?: string | undefined;
  /** Such as `2m`: how long certificates live of the control plane and of nodes, to see them renewed. */
  readonly certificateLifetime?: string | undefined;
  /** The control plane keeps its objects in etcd. */
  readonly etcd?: boolean | undefined;
}

export interface LabLayout extends LabOptions {
  /** Short name of the lab: prefix of its namespaces, links, chains and cgroups. */
  readonly id: string;
  readonly switchNamespace: string;
  readonly segmentCount: number;
  readonly dualStack: boolean;
  readonly segments: readonly Segment[];
  /** All addresses of nodes. */
  readonly nodeRange: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly clusterDns: string;
  readonly clusterDomain: string;
  readonly kubeconfig: string;
  readonly stateFile: string;
  readonly serverDir: string;
  readonly logDir: string;
  readonly imageDir: string;
  readonly nodes: readonly NodeLayout[];
}

/** A bridge, which is the way to the other segments for those on it. */
export interface Segment {
  readonly bridge: string;
  /** Addresses of the bridge, with the length of their prefix. */
  readonly gateways: readonly string[];
  readonly subnet: string;
}

export interface NodeLayout {
  readonly name: string;
  readonly ip: string;
  /** `ip`, and one of the other family in a lab with both. */
  readonly ips: readonly string[];
  readonly segment: Segment;
  readonly networkNamespace: string;
  /** Files that hold the mount and UTS namespaces. */
  readonly mountNamespace: string;
  readonly utsNamespace: string;
  /** The link's end on the bridge. */
  readonly link: string;
  readonly dir: string;
  readonly containerdConfig: string;
  readonly containerdRoot: string;
  /** Folder of `HOST/hosts.toml` files: mirrors and authorities of registries. */
  readonly registryDir: string;
  /** As seen inside the node's mount namespace. */
  readonly containerdSocket: string;
  readonly certDir: string;
  readonly cgroupRoot: string;
  /** Folders of the lab that stand at well-known places inside the node. */
  readonly binds: readonly { readonly from: string; readonly to: string }[];
}

export const defaultDataDir = '/var/lib/skiff';
const mostNodes = 100; // addresses .11 to .110 of the lab's segments
const mostSegments = 8;

/** @param hash a few hexadecimal digits that tell one data folder from another */
export function layoutOf(options: LabOptions, hash: string): LabLayout {
  const { dataDir, nodeCount, segmentCount = 1, dualStack = false } = options;
  if (!(Number.isInteger(nodeCount) && 1 <= nodeCount && nodeCount <= mostNodes)) {
    throw new RangeError(`Cannot make a lab of ${nodeCount} nodes: it must be a number from 1 to ${mostNodes}`);
  }
  if (!options.isolated && (segmentCount > 1 || dualStack)) {
    throw new RangeError('Cannot make a lab of several segments or families with a way out: it must be isolated');
  }
  if (!(Number.isInteger(segmentCount) && 1 <= segmentCount && segmentCount <= mostSegments)) {
    throw new RangeError(
      `Cannot make a lab of ${segmentCount} segments: it must be a number from 1 to ${mostSegments}`,
    );
  }
  const isDefault = dataDir === defaultDataDir;
  const id = isDefault ? 'skiff' : `skiff-${hash}`;
  const short = isDefault ? 'skiff' : `sk${hash}`; // a link's name has 15 characters at most
  const segments = Array.from({ length: segmentCount }, (_, index) => segmentOf(index, short, dualStack));
  return {
    ...options,
    segmentCount,
    dualStack,
    id,
    switchNamespace: `${id}-switch`,
    segments,
    nodeRange: '10.89.0.0/16',
    podCidr: dualStack ? '10.244.0.0/16,fd00:244::/48' : '10.244.0.0/16',
    serviceCidr: dualStack ? '10.96.0.0/12,fd00:96::/112' : '10.96.0.0/12',
    clusterDns: '10.96.0.10',
    clusterDomain: 'cluster.local',
    kubeconfig: `${dataDir}/kubeconfig`,
    stateFile: `${dataDir}/lab.json`,
    serverDir: `${dataDir}/server`,
    logDir: `${dataDir}/log`,
    imageDir: `${dataDir}/images`,
    nodes: Array.from({ length: nodeCount }, (_, index) => {
      const place = index % segmentCount;
      const ips = [`10.89.${place}.${11 + index}`, ...(dualStack ? [`fd00:89:0:${place + 1}::${11 + index}`] : [])];
      return { ...nodeOf(index + 1, dataDir, id, short), ip: ips[0]!, ips, segment: segments[place]! };
    }),
  };
}

function segmentOf(index: number, short: string, dualStack: boolean): Segment {
  return {
    bridge: `${short}-br${index === 0 ? '' : index + 1}`,
    gateways: [`10.89.${index}.1/24`, ...(dualStack ? [`fd00:89:0:${index + 1}::1/64`] : [])],
    subnet: `10.89.${index}.0/24`,
  };
}

function nodeOf(
  number: number,
  dataDir: string,
  id: string,
  short: string,
): Omit<NodeLayout, 'ip' | 'ips' | 'segment'> {
  const name = `node${number}`;
  const dir = `${dataDir}/nodes/${name}`;
  return {
    name,
    networkNamespace: `${id}-${name}`,
    mountNamespace: `${dataDir}/namespaces/${name}.mnt`,
    utsNamespace: `${dataDir}/namespaces/${name}.uts`,
    link: `${short}-n${number}`,
    dir,
    containerdConfig: `${dir}/containerd.toml`,
    containerdRoot: `${dir}/containerd`,
    registryDir: `${dir}/registries`,
    containerdSocket: '/run/containerd/containerd.sock',
    certDir: `${dir}/pki`,
    cgroupRoot: `/${id}/${name}`,
    binds: [
      { from: `${dir}/kubelet`, to: '/var/lib/kubelet' },
      { from: `${dir}/log-pods`, to: '/var/log/pods' },
      { from: `${dir}/log-containers`, to: '/var/log/containers' },
      { from: `${dir}/cni-conf`, to: '/etc/cni/net.d' },
      { from: `${dir}/cni-state`, to: '/var/lib/cni' },
    ],
  };
}
