import { parseDuration } from '#lib/api/json/duration.ts';
import { wholeValue } from '#lib/api/quantity.ts';
import type { Taint } from '#lib/api/types/core.v1.ts';
import type { AgentOptions } from '../options.ts';
import type { AccessRule } from '../server/access.ts';
import { type Period, periodsOf } from '../shutdown/plan.ts';

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
    manifestPauseMs: milliseconds(text('fileCheckFrequency')),
    port: config['port'] as number,
    tlsCertFile: text('tlsCertFile'),
    tlsPrivateKeyFile: text('tlsPrivateKeyFile'),
    clientCaFile: x509?.['clientCAFile'] as string | undefined,
    clusterDomain: text('clusterDomain'),
    clusterDns: (config['clusterDNS'] as readonly string[] | undefined)?.join(','),
    cgroupRoot: text('cgroupRoot'),
    maxPods: config['maxPods'] as number,
    idsPerPod: (config['userNamespaces'] as Config)['idsPerPod'] as number,
    parallelPulls: config['serializeImagePulls'] ? 1 : (config['maxParallelImagePulls'] as number),
    leaseSeconds: config['nodeLeaseDurationSeconds'] as number,
    seccompDefault: config['seccompDefault'] as boolean,
    shutdown: shutdownOf(config),
    taints: config['registerWithTaints'] as readonly Taint[] | undefined,
    access: accessOf(config),
    longestRestartMs: milliseconds((config['crashLoopBackOff'] as Config)['maxContainerRestartPeriod'] as string),
    logPauseMs: milliseconds(text('containerLogMonitorInterval')),
    podPidsLimit: positive(config['podPidsLimit'] as number),
    resolvConf: text('resolvConf'),
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
    },
    config,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

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
