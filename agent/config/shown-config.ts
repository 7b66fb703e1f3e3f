import type { AgentOptions } from '../options.ts';
import { completeConfig } from './complete.ts';

/** What the node's own server shows of them, and goes by. */
export function shownOptions(options: AgentOptions) {
  const { flags, podLogsDir } = options;
  return { config: shownConfig(options), flags, podLogsDir };
}

/** What the agent goes by, whether a file said so or the command line: what /configz shows. */
export function shownConfig(options: AgentOptions): Readonly<Record<string, unknown>> {
  const config = options.config ?? { ...completeConfig({}).config, ...ownWays };
  const { maxPods = 110, resolvConf = '/etc/resolv.conf', allowedUnsafeSysctls, manifestPath, manifestUrl } = options;
  return {
    ...config,
    port: options.port,
    clusterDomain: options.clusterDomain,
    clusterDNS: options.clusterDns === '' ? [] : options.clusterDns.split(','),
    cgroupRoot: options.cgroupRoot,
    containerRuntimeEndpoint: options.runtimeEndpoint,
    tlsCertFile: options.tlsCertFile,
    tlsPrivateKeyFile: options.tlsPrivateKeyFile,
    maxPods,
    resolvConf,
    ...(options.podPidsLimit === undefined ? {} : { podPidsLimit: options.podPidsLimit }),
    ...(allowedUnsafeSysctls === undefined ? {} : { allowedUnsafeSysctls }),
    ...(manifestPath === undefined ? {} : { staticPodPath: manifestPath }),
    ...(manifestUrl === undefined ? {} : { staticPodURL: manifestUrl }),
  };
}

/** What this agent does as long as no file says otherwise: upstream pulls one by one, and not too often. */
const ownWays = { serializeImagePulls: false, maxParallelImagePulls: 4, registryPullQPS: 0 };
