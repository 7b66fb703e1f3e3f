import { hostname, networkInterfaces } from 'node:os';
import type { ElectionTimes } from '#lib/client/election/plan.ts';
import { formatIp, parseCidr } from '#lib/ip.ts';
import type { Token } from '#lib/join/token.ts';
import type { CloudOptions } from './cloud/main.ts';
import type { OwnMember } from './members/member.ts';

export interface ServerOptions {
  /** Database, certificates and kubeconfigs. */
  readonly dataDir: string;
  readonly bindAddress: string;
  readonly securePort: number;
  /** Inherited descriptors of listening sockets to serve, too. */
  readonly listenFds?: readonly number[];
  /** By which nodes and pods reach the API server; the first address of this machine unless told. */
  readonly advertiseAddress?: string;
  /** Port of 127.0.0.1 that admin.conf names; `securePort` unless told. */
  readonly localPort?: number;
  readonly serviceClusterIPRange?: string;
  readonly clusterCIDR?: string;
  readonly clusterDomain?: string;
  /** `host` or `host:port` by which nodes reach the control plane, where that is not `advertiseAddress`. */
  readonly controlPlaneEndpoint?: string;
  /** By which nodes may join: made where they are not there yet, without an end. */
  readonly tokens?: readonly Token[];
  /** Of the control plane's own certificates: a year unless told. */
  readonly certificateLifetimeMs?: number;
  /** Of the authorities: ten years unless told. */
  readonly authorityLifetimeMs?: number;
  /** Of the certificates that clients and nodes ask for: a year unless told. */
  readonly signingDurationMs?: number;
  /** The node that runs on the same machine, if one does; by its host name unless told. */
  readonly ownNode?: string;
  /** More names and addresses for the serving certificate. */
  readonly extraNames?: readonly string[];
  /** Where objects are kept; a file in `dataDir` unless told. `:memory:` for tests. */
  readonly databasePath?: string;
  /** How large that may grow; 8 GiB unless told. */
  readonly maxStoreBytes?: number;
  /** Keeps objects in etcd instead. */
  readonly etcd?: EtcdLocation;
  /** Keeps objects in etcd, a member of which this server runs itself. */
  readonly ownEtcd?: OwnMember;
  /** API server alone: no scheduler, no controllers. */
  readonly apiOnly?: boolean;
  /** Other servers share the store: of all schedulers and of all controllers one works at a time. */
  readonly leaderElect?: boolean;
  /** File of a KubeSchedulerConfiguration. */
  readonly schedulerConfig?: string;
  /** What made the machines: nodes whose machine is gone are removed. */
  readonly cloud?: CloudOptions;
  /** Who may come without a name; unless told, who asks for health, the version, or where the cluster is. */
  readonly anonymous?: 'everywhere' | 'nowhere' | undefined;
  /** Who is asked what Node and RBAC have not allowed, and how long the answer counts. */
  readonly authorizationWebhook?: {
    readonly kubeconfig: string;
    readonly authorizedTtlMs: number;
    readonly unauthorizedTtlMs: number;
  };
  /** Who is asked whose token it is that the cluster has not given out. */
  readonly authenticationWebhook?: { readonly kubeconfig: string; readonly ttlMs: number };
  /** Upstream's 15, 10 and 2 seconds unless told. */
  readonly electionTimes?: ElectionTimes;
}

export interface EtcdLocation {
  /** URLs of the members of one cluster. */
  readonly servers: readonly string[];
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** What stands before every key; `/registry` unless told. */
  readonly prefix?: string;
  /** Its members say where members are: those that join are used, those that leave are not. */
  readonly isOurs?: boolean;
  /** Versions to write where they are not the stable ones: `{'endpointslices.discovery.k8s.io': 'v1beta1'}`. */
  readonly storageVersions?: Readonly<Record<string, string>>;
}

/** The options with what follows from them. */
export interface ServerFacts
  extends Required<
    Omit<
      ServerOptions,
      | 'etcd'
      | 'ownEtcd'
      | 'maxStoreBytes'
      | 'listenFds'
      | 'apiOnly'
      | 'leaderElect'
      | 'electionTimes'
      | 'schedulerConfig'
      | 'anonymous'
      | 'authorizationWebhook'
      | 'authenticationWebhook'
      | 'cloud'
      | 'controlPlaneEndpoint'
    >
  > {
  readonly ownEtcd?: OwnMember;
  /** `https://host:port` as nodes reach it. */
  readonly endpoint: string;
  /** First and tenth address of the Service range. */
  readonly serviceAddress: string;
  readonly dnsAddress: string;
  readonly issuer: string;
}

export function factsOf(options: ServerOptions): ServerFacts {
  const { serviceClusterIPRange = '10.96.0.0/12', clusterDomain = 'cluster.local', securePort } = options;
  const { controlPlaneEndpoint, extraNames = [], tokens = [] } = options;
  const advertiseAddress = options.advertiseAddress ?? ownAddress(options.bindAddress);
  const endpoint = endpointOf(controlPlaneEndpoint ?? bracketed(advertiseAddress), securePort);
  return {
    ...options,
    tokens,
    certificateLifetimeMs: options.certificateLifetimeMs ?? yearMs,
    authorityLifetimeMs: options.authorityLifetimeMs ?? 10 * yearMs,
    signingDurationMs: options.signingDurationMs ?? yearMs,
    ownNode: options.ownNode ?? hostname().toLowerCase(),
    extraNames: controlPlaneEndpoint === undefined ? extraNames : [...extraNames, hostOf(endpoint)],
    endpoint,
    serviceClusterIPRange,
    clusterDomain,
    clusterCIDR: options.clusterCIDR ?? '10.244.0.0/16',
    advertiseAddress,
    localPort: options.localPort ?? securePort,
    databasePath: options.databasePath ?? `${options.dataDir}/skiff.db`,
    serviceAddress: addressAt(serviceClusterIPRange, 1n),
    dnsAddress: addressAt(serviceClusterIPRange, 10n),
    issuer: `https://kubernetes.default.svc.${clusterDomain}`,
  };
}

const yearMs = 365 * 24 * 3_600_000;

/** @throws {TypeError} if `host` is neither a name nor an address, with or without a port */
function endpointOf(host: string, port: number): string {
  const hasPort = /^(\[[^\]]*\]|[^:]*):\d+$/.test(host);
  return `https://${new URL(`https://${hasPort ? host : `${host}:${port}`}`).host}${/:443$/.test(host) ? ':443' : ''}`;
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function addressAt(range: string, offset: bigint): string {
  const cidr = parseCidr(range.split(',')[0]!);
  if (cidr === undefined) throw new RangeError(`Cannot use ${range} for Services: it is no range of addresses`);
  return formatIp({ family: cidr.family, value: cidr.base + offset });
}

function ownAddress(bindAddress: string): string {
  if (!/^(0\.0\.0\.0|::|127\..*|::1)$/.test(bindAddress)) return bindAddress;
  const addresses = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}
