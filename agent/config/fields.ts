// The fields of KubeletConfiguration (kubelet.config.k8s.io/v1beta1) with their defaults. `hasEffect: false`: known, kept
// and shown, but nothing here goes by it. Rule: "Kubelet Configuration (v1beta1)".

export type FieldType = 'string' | 'boolean' | 'integer' | 'duration' | 'strings' | 'map' | 'list';

export type Field =
  | {
      readonly type: FieldType;
      readonly default?: unknown;
      readonly hasEffect: boolean;
      /** Nothing and zero are two things: what is given counts, even '' and 0. */
      readonly isPointer?: boolean;
    }
  | { readonly type: 'object'; readonly fields: Fields };
export type Fields = Readonly<Record<string, Field>>;

const works = (type: FieldType, value?: unknown): Field => ({ type, default: value, hasEffect: true });
const kept = (type: FieldType, value?: unknown): Field => ({ type, default: value, hasEffect: false });
const pointer = (field: Field): Field => ({ ...field, isPointer: true }) as Field;
const object = (fields: Fields): Field => ({ type: 'object', fields });

export const fields: Fields = {
  enableServer: kept('boolean', true),
  staticPodPath: works('string'),
  podLogsDir: works('string', '/var/log/pods'),
  syncFrequency: kept('duration', '1m0s'),
  fileCheckFrequency: works('duration', '20s'),
  httpCheckFrequency: works('duration', '20s'),
  staticPodURL: works('string'),
  staticPodURLHeader: works('map'),
  address: works('string', '0.0.0.0'),
  port: works('integer', 10_250),
  readOnlyPort: kept('integer', 0),
  tlsCertFile: works('string'),
  tlsPrivateKeyFile: works('string'),
  tlsCipherSuites: works('strings'),
  tlsCurvePreferences: kept('list'),
  tlsMinVersion: works('string'),
  rotateCertificates: kept('boolean', false),
  serverTLSBootstrap: kept('boolean', false),
  authentication: object({
    x509: object({ clientCAFile: works('string') }),
    webhook: object({ enabled: works('boolean', true), cacheTTL: works('duration', '2m0s') }),
    anonymous: object({ enabled: works('boolean', false) }),
  }),
  authorization: object({
    mode: works('string', 'Webhook'),
    webhook: object({
      cacheAuthorizedTTL: works('duration', '5m0s'),
      cacheUnauthorizedTTL: works('duration', '30s'),
    }),
  }),
  registryPullQPS: pointer(works('integer', 5)),
  registryBurst: works('integer', 10),
  imagePullCredentialsVerificationPolicy: works('string', 'NeverVerifyPreloadedImages'),
  preloadedImagesVerificationAllowlist: works('strings'),
  eventRecordQPS: pointer(kept('integer', 50)),
  eventBurst: kept('integer', 100),
  enableDebuggingHandlers: works('boolean', true),
  enableContentionProfiling: kept('boolean', false),
  healthzPort: pointer(works('integer', 10_248)),
  healthzBindAddress: works('string', '127.0.0.1'),
  oomScoreAdj: pointer(works('integer', -999)),
  clusterDomain: works('string'),
  clusterDNS: works('strings'),
  streamingConnectionIdleTimeout: kept('duration', '4h0m0s'),
  nodeStatusUpdateFrequency: works('duration', '10s'),
  nodeStatusReportFrequency: works('duration', '5m0s'),
  nodeLeaseDurationSeconds: works('integer', 40),
  imageMinimumGCAge: works('duration', '2m0s'),
  imageMaximumGCAge: works('duration', '0s'),
  imageGCHighThresholdPercent: pointer(works('integer', 85)),
  imageGCLowThresholdPercent: pointer(works('integer', 80)),
  volumeStatsAggPeriod: works('duration', '1m0s'),
  kubeletCgroups: kept('string'),
  systemCgroups: kept('string'),
  cgroupRoot: works('string'),
  cgroupsPerQOS: kept('boolean', true),
  cgroupDriver: kept('string', 'cgroupfs'),
  cpuManagerPolicy: kept('string', 'none'),
  singleProcessOOMKill: works('boolean'), // the kernel's own way on cgroup v1, false on v2
  cpuManagerPolicyOptions: kept('map'),
  cpuManagerReconcilePeriod: kept('duration', '10s'),
  memoryManagerPolicy: kept('string', 'None'),
  topologyManagerPolicy: kept('string', 'none'),
  topologyManagerScope: kept('string', 'container'),
  topologyManagerPolicyOptions: kept('map'),
  qosReserved: kept('map'),
  runtimeRequestTimeout: works('duration', '2m0s'),
  hairpinMode: kept('string', 'promiscuous-bridge'),
  maxPods: works('integer', 110),
  podCIDR: kept('string'),
  podPidsLimit: pointer(works('integer', -1)),
  resolvConf: pointer(works('string', '/etc/resolv.conf')),
  runOnce: kept('boolean'),
  cpuCFSQuota: works('boolean', true),
  cpuCFSQuotaPeriod: pointer(kept('duration', '100ms')),
  nodeStatusMaxImages: pointer(works('integer', 50)),
  maxOpenFiles: kept('integer', 1_000_000),
  contentType: kept('string', 'application/vnd.kubernetes.protobuf'),
  kubeAPIQPS: pointer(kept('integer', 50)),
  kubeAPIBurst: kept('integer', 100),
  serializeImagePulls: works('boolean'), // its default depends on the next one: complete.ts
  maxParallelImagePulls: pointer(works('integer')),
  evictionHard: kept('map'), // but for what is allocatable: complete.ts has its default
  evictionSoft: kept('map'),
  evictionSoftGracePeriod: kept('map'),
  evictionPressureTransitionPeriod: kept('duration', '5m0s'),
  evictionMaxPodGracePeriod: kept('integer', 0),
  evictionMinimumReclaim: kept('map'),
  mergeDefaultEvictionSettings: kept('boolean', false),
  podsPerCore: works('integer', 0),
  enableControllerAttachDetach: kept('boolean', true),
  protectKernelDefaults: kept('boolean', false),
  makeIPTablesUtilChains: kept('boolean', true),
  iptablesMasqueradeBit: pointer(kept('integer', 14)),
  iptablesDropBit: pointer(kept('integer', 15)),
  featureGates: kept('map'),
  failSwapOn: kept('boolean', true),
  memorySwap: object({ swapBehavior: kept('string') }),
  containerLogMaxSize: works('string', '10Mi'),
  containerLogMaxFiles: pointer(works('integer', 5)),
  containerLogMaxWorkers: pointer(kept('integer', 1)),
  containerLogMonitorInterval: pointer(works('duration', '10s')),
  configMapAndSecretChangeDetectionStrategy: kept('string', 'Watch'),
  systemReserved: works('map'),
  kubeReserved: works('map'),
  reservedSystemCPUs: kept('string'),
  showHiddenMetricsForVersion: kept('string'),
  systemReservedCgroup: kept('string'),
  kubeReservedCgroup: kept('string'),
  enforceNodeAllocatable: works('strings', ['pods']),
  allowedUnsafeSysctls: works('strings'),
  volumePluginDir: kept('string', '/usr/libexec/kubernetes/kubelet-plugins/volume/exec/'),
  providerID: works('string'),
  kernelMemcgNotification: kept('boolean', false),
  logging: object({
    format: kept('string', 'text'),
    flushFrequency: { type: 'string', default: '5s', hasEffect: false }, // a duration, or nanoseconds
    verbosity: kept('integer', 0),
    vmodule: kept('list'),
    options: kept('map'),
  }),
  enableSystemLogHandler: works('boolean', true),
  enableSystemLogQuery: kept('boolean', false),
  shutdownGracePeriod: works('duration', '0s'),
  shutdownGracePeriodCriticalPods: works('duration', '0s'),
  shutdownGracePeriodByPodPriority: works('list'),
  crashLoopBackOff: object({ maxContainerRestartPeriod: pointer(works('duration', '5m0s')) }),
  reservedMemory: kept('list'),
  enableProfilingHandler: kept('boolean', true),
  enableDebugFlagsHandler: kept('boolean', true),
  seccompDefault: works('boolean', false),
  memoryThrottlingFactor: pointer(kept('string', 0.9)),
  registerWithTaints: works('list'),
  registerNode: works('boolean', true),
  tracing: kept('map'),
  localStorageCapacityIsolation: kept('boolean', true),
  containerRuntimeEndpoint: works('string'),
  imageServiceEndpoint: kept('string'),
  failCgroupV1: works('boolean', false), // upstream's is true: here both are at home
  userNamespaces: object({ idsPerPod: pointer(works('integer', 65_536)) }),
};
