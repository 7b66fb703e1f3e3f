import { parseDuration } from '#lib/api/json/duration.ts';
import { wholeValue } from '#lib/api/quantity.ts';
import type { Taint } from '#lib/api/types/core.v1.ts';
import type { ImageAccessRule } from '../images/access.ts';
import type { ReserveRule } from '../node/reserve.ts';
import type { AgentOptions } from '../options.ts';
import type { AccessRule } from '../server/access.ts';
import { type Period, periodsOf } from '../shutdown/plan.ts';
import { servingOf } from './serving-of.ts';

type Config = Readonly<Record<string, unknown>>;

/** What a completed configuration says of the agent's options; what it leaves open is not there. */
export function optionsOf(config: Config): Partial<AgentOptions> {
  const text = (name: string) => (config[name] as string | undefined) || undefined;
  const x509 = (config['authentication'] as Config | undefined)?.['x509'] as Config | undefined;
  const found: { readonly [Name in keyof AgentOptions]: AgentOptions[Name] | undefined } = {
    ...none,
    manifestPath: text('staticPodPath'),
    manifestUrl: text('staticPodURL'),
    manifestUrlHeaders: headersOf(
      config['staticPodURLHeader'] as Readonly<Record<string, readonly string[]>> | undefined,
    ),
    manifestPauseMs: manifestPause(config),
    port: config['port'] as number,
    tlsCertFile: text('tlsCertFile'),
    tlsPrivateKeyFile: text('tlsPrivateKeyFile'),
    clientCaFile: x509?.['clientCAFile'] as string | undefined,
    clusterDomain: text('clusterDomain'),
    clusterDns: (config['clusterDNS'] as readonly string[] | undefined)?.join(','),
    cgroupRoot: text('cgroupRoot'),
    maxPods: config['maxPods'] as number,
    idsPerPod: (config['userNamespaces'] as Config)['idsPerPod'] as number,
    parallelPulls: config['serializeImagePulls']
      ? 1
      : ((config['maxParallelImagePulls'] as number | undefined) ?? mostPulls),
    pullRate: { perSecond: config['registryPullQPS'] as number, burst: config['registryBurst'] as number },
    leaseSeconds: config['nodeLeaseDurationSeconds'] as number,
    seccompDefault: config['seccompDefault'] as boolean,
    shutdown: shutdownOf(config),
    taints: config['registerWithTaints'] as readonly Taint[] | undefined,
    access: accessOf(config),
    longestRestartMs: milliseconds((config['crashLoopBackOff'] as Config)['maxContainerRestartPeriod'] as string),
    logPauseMs: milliseconds(text('containerLogMonitorInterval')),
    podLogsDir: text('podLogsDir'),
    podPidsLimit: positive(config['podPidsLimit'] as number),
    resolvConf: config['resolvConf'] as string,
    runtimeTimeoutMs: milliseconds(text('runtimeRequestTimeout')),
    runtimeEndpoint: text('containerRuntimeEndpoint'),
    allowedUnsafeSysctls: config['allowedUnsafeSysctls'] as readonly string[] | undefined,
    logRotation: {
      maxBytes: wholeValue(String(config['containerLogMaxSize'])),
      maxFiles: config['containerLogMaxFiles'] as number,
    },
    imageCollection: {
      highPercent: config['imageGCHighThresholdPercent'] as number,
      lowPercent: config['imageGCLowThresholdPercent'] as number,
      minimumAgeMs: milliseconds(text('imageMinimumGCAge')) ?? 0,
      maximumAgeMs: milliseconds(text('imageMaximumGCAge')) ?? 0,
    },
    podsPerCore: positive(config['podsPerCore'] as number),
    providerId: text('providerID'),
    registersNode: config['registerNode'] as boolean,
    // The default is upstream's 10 s; who did not say so is looked at sooner.
    nodeLookMs:
      config['nodeStatusUpdateFrequency'] === '10s' ? undefined : milliseconds(text('nodeStatusUpdateFrequency')),
    nodeRepeatMs: milliseconds(text('nodeStatusReportFrequency')),
    mostImages: config['nodeStatusMaxImages'] as number,
    reserve: reserveOf(config),
    imageAccess: {
      policy: config['imagePullCredentialsVerificationPolicy'] as ImageAccessRule['policy'],
      allowed: (config['preloadedImagesVerificationAllowlist'] as readonly string[] | undefined) ?? [],
    },
    serving: servingOf(config),
    oomScoreAdj: config['oomScoreAdj'] as number,
    enforcesCpuLimits: config['cpuCFSQuota'] as boolean,
    killsSingly: config['singleProcessOOMKill'] as boolean | undefined,
    refusesCgroupV1: config['failCgroupV1'] as boolean,
    config,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** One look serves both: as often as the one that is asked for more often. */
function manifestPause(config: Config): number | undefined {
  const [file, url] = ['fileCheckFrequency', 'httpCheckFrequency'].map(
    (name) => milliseconds(config[name] as string) ?? 0,
  );
  if (!config['staticPodURL']) return file;
  return config['staticPodPath'] ? Math.min(file ?? 0, url ?? 0) : url;
}

function reserveOf(config: Config): ReserveRule {
  const quantities = (name: string) => (config[name] as Readonly<Record<string, string>> | undefined) ?? {};
  return {
    systemReserved: quantities('systemReserved'),
    kubeReserved: quantities('kubeReserved'),
    evictionHard: quantities('evictionHard'),
    isEnforced: (config['enforceNodeAllocatable'] as readonly string[] | undefined)?.includes('pods') ?? false,
  };
}

/** Of pulls at once where upstream has no limit. */
const mostPulls = 64;

function accessOf({ authentication, authorization }: Config): AccessRule {
  const { webhook, anonymous } = authentication as Readonly<Record<'webhook' | 'anonymous', Config>>;
  const { mode, webhook: asked } = authorization as { readonly mode: string; readonly webhook: Config };
  if (mode !== 'Webhook' && mode !== 'AlwaysAllow') {
    throw new Error(`"authorization.mode" must be Webhook or AlwaysAllow: it is ${JSON.stringify(mode)}`);
  }
  return {
    mayAskTokens: webhook['enabled'] === true,
    letsAnonymousIn: anonymous['enabled'] === true,
    allowsAll: mode === 'AlwaysAllow',
    tokenMs: milliseconds(webhook['cacheTTL'] as string) ?? 0,
    allowedMs: milliseconds(asked['cacheAuthorizedTTL'] as string) ?? 0,
    deniedMs: milliseconds(asked['cacheUnauthorizedTTL'] as string) ?? 0,
  };
}

function shutdownOf(config: Config): readonly Period[] {
  type Entry = { readonly priority?: number; readonly shutdownGracePeriodSeconds?: number };
  const byPriority = (config['shutdownGracePeriodByPodPriority'] ?? []) as readonly Entry[];
  if (byPriority.length > 0) {
    return byPriority.map(({ priority = 0, shutdownGracePeriodSeconds: graceSeconds = 0 }) => ({
      priority,
      graceSeconds,
    }));
  }
  const seconds = (name: string) => Math.floor((milliseconds(config[name] as string) ?? 0) / 1000);
  return periodsOf(seconds('shutdownGracePeriod'), seconds('shutdownGracePeriodCriticalPods'));
}

/** Options that no configuration knows. */
const none = {
  kubeconfig: undefined,
  nodeName: undefined,
  nodeIp: undefined,
  rootDir: undefined,
  clusterCidr: undefined,
  serviceCidr: undefined,
  proxyMode: undefined,
  podNetworkMode: undefined,
  nodePortAddresses: undefined,
  iptablesLocalhostNodeports: undefined,
  nodeLabels: undefined,
  credentialProviderConfig: undefined,
  credentialProviderFolder: undefined,
};

/** Rule: -1 is no limit. */
function positive(value: number): number | undefined {
  return value > 0 ? value : undefined;
}

function milliseconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : Number(parseDuration(duration) / 1_000_000n);
}

function headersOf(headers: Readonly<Record<string, readonly string[]>> | undefined) {
  if (headers === undefined) return undefined;
  return Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.join(', ')]));
}
