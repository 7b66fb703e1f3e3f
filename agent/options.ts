/** What `skiff agent` is told. Paths and addresses have no default here: the command line has. */
export interface AgentOptions {
  /** How to reach the API server, as system:node:NAME. */
  readonly kubeconfig: string;
  readonly nodeName: string;
  /** The node's address; that of its first interface with one unless told. */
  readonly nodeIp?: string;
  /** /var/lib/kubelet. */
  readonly rootDir: string;
  /** unix:///run/containerd/containerd.sock. */
  readonly runtimeEndpoint: string;
  /** '/' or a path below which the pods' cgroups are made. */
  readonly cgroupRoot: string;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly clusterDns: string;
  readonly clusterDomain: string;
  readonly clientCaFile: string;
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
  /** Of the node's own server: 10250. */
  readonly port: number;
  /** A folder of static pods, or one file. */
  readonly manifestPath?: string;
  /** Where else static pods are described. */
  readonly manifestUrl?: string;
  /** 110 unless told. */
  readonly maxPods?: number;
  /** /etc/resolv.conf unless told. */
  readonly resolvConf?: string;
}
