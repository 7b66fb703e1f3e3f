// What a KubeletConfiguration cannot say, in upstream's words. Pure. Rule: kubelet's ValidateKubeletConfiguration.
import { parseDuration } from '#lib/api/json/duration.ts';
import { readQuantity } from '#lib/api/quantity.ts';

type Config = Readonly<Record<string, unknown>>;

/** All that is wrong with a completed configuration whose fields are of their types. */
export function invalidities(config: Config): readonly string[] {
  const wrong = [ranges, choices, pairs, quantities, shutdown, allocatable, podLogs].flatMap((rules) => rules(config));
  return wrong.map((words) => `invalid configuration: ${words}`);
}

/** Field, flag, least and most. */
const bounds: readonly (readonly [string, string, number, number])[] = [
  ['port', ' (--port)', 1, 65_535],
  ['readOnlyPort', ' (--read-only-port)', 0, 65_535],
  ['healthzPort', ' (--healthz-port)', 0, 65_535],
  ['oomScoreAdj', ' (--oom-score-adj)', -1000, 1000],
  ['imageGCHighThresholdPercent', ' (--image-gc-high-threshold)', 0, 100],
  ['imageGCLowThresholdPercent', ' (--image-gc-low-threshold)', 0, 100],
];
const notNegative = [
  ...['registryPullQPS', 'registryBurst', 'eventRecordQPS', 'eventBurst', 'kubeAPIBurst', 'maxOpenFiles', 'maxPods'],
  'podsPerCore',
];
const atLeast: readonly (readonly [string, number])[] = [
  ['nodeLeaseDurationSeconds', 1],
  ['maxParallelImagePulls', 1],
  ['containerLogMaxFiles', 2],
  ['containerLogMaxWorkers', 1],
  ['nodeStatusMaxImages', -1],
];

function ranges(config: Config): readonly string[] {
  const number = (name: string) => config[name] as number | undefined;
  return [
    ...bounds.flatMap(([name, flag, least, most]) => {
      const value = number(name) ?? least;
      if (value >= least && value <= most) return [];
      return [`${name}${flag} ${value} must be between ${least} and ${most}, inclusive`];
    }),
    ...notNegative.flatMap((name) =>
      (number(name) ?? 0) < 0 ? [`${name} ${number(name)} must not be a negative number`] : [],
    ),
    ...atLeast.flatMap(([name, least]) =>
      (number(name) ?? least) < least ? [`${name} ${number(name)} must be greater than or equal to ${least}`] : [],
    ),
  ];
}

const options: readonly (readonly [string, readonly string[]])[] = [
  ['hairpinMode', ['promiscuous-bridge', 'hairpin-veth', 'none']],
  ['topologyManagerPolicy', ['none', 'best-effort', 'restricted', 'single-numa-node']],
  ['topologyManagerScope', ['container', 'pod']],
  ['configMapAndSecretChangeDetectionStrategy', ['Get', 'Cache', 'Watch']],
  ['tlsMinVersion', ['VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13']],
  [
    'imagePullCredentialsVerificationPolicy',
    ['NeverVerify', 'NeverVerifyPreloadedImages', 'NeverVerifyAllowlistedImages', 'AlwaysVerify'],
  ],
];

function podLogs({ podLogsDir: folder }: Config): readonly string[] {
  if (typeof folder !== 'string' || folder === '') return ['podLogsDir was not specified'];
  if (!folder.startsWith('/')) return [`pod logs path "${folder}" must be absolute path`];
  const isPlain = folder === '/' || !/\/$|\/\/|\/\.{1,2}(?:\/|$)/.test(folder);
  if (!isPlain) return [`pod logs path "${folder}" must be normalized`];
  return /^[\x20-\x7e]+$/.test(folder) ? [] : [`pod logs path "${folder}" mut contains ASCII characters only`];
}

function choices(config: Config): readonly string[] {
  return options.flatMap(([name, known]) => {
    const value = (config[name] as string | undefined) || undefined;
    if (value === undefined || known.includes(value)) return [];
    return [`${name} ${JSON.stringify(value)} must be one of: [${known.map((one) => JSON.stringify(one)).join(' ')}]`];
  });
}

function pairs(config: Config): readonly string[] {
  const number = (name: string) => config[name] as number;
  const [low, high] = [number('imageGCLowThresholdPercent'), number('imageGCHighThresholdPercent')];
  const [least, most] = [milliseconds(config['imageMinimumGCAge']), milliseconds(config['imageMaximumGCAge'])];
  const { maxContainerRestartPeriod: longest } = (config['crashLoopBackOff'] ?? {}) as Config;
  const longestMs = milliseconds(longest);
  const { idsPerPod = 65_536 } = (config['userNamespaces'] ?? {}) as { readonly idsPerPod?: number };
  const factor = Number(config['memoryThrottlingFactor'] ?? 0.9);
  const taints = config['registerWithTaints'] as readonly unknown[] | undefined;
  const policy = config['imagePullCredentialsVerificationPolicy'];
  const rules: readonly (readonly [boolean, string])[] = [
    [
      low < high,
      `imageGCLowThresholdPercent (--image-gc-low-threshold) ${low} must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) ${high}`,
    ],
    [most >= 0, 'imageMaximumGCAge must not be a negative duration'],
    [most === 0 || most > least, 'imageMaximumGCAge must be greater than imageMinimumGCAge'],
    [
      config['serializeImagePulls'] !== true || (number('maxParallelImagePulls') ?? 1) <= 1,
      'maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false',
    ],
    [
      longestMs >= 1_000 && longestMs <= 300_000,
      `CrashLoopBackOff.MaxContainerRestartPeriod (got: ${longestMs / 1000} seconds) must be set between 1 and 300 seconds`,
    ],
    [
      idsPerPod > 0 && idsPerPod % 65_536 === 0 && idsPerPod < 2 ** 32,
      'userNamespaces.idsPerPod must be a multiple of 65536',
    ],
    [
      factor > 0 && factor <= 1,
      `memoryThrottlingFactor ${factor} must be greater than 0 and less than or equal to 1.0`,
    ],
    [
      config['registerNode'] !== false || (taints?.length ?? 0) === 0,
      'registerWithTaints (--register-with-taints) cannot be set when registerNode (--register-node) is false',
    ],
    [
      ((config['preloadedImagesVerificationAllowlist'] as readonly unknown[] | undefined)?.length ?? 0) === 0 ||
        policy === 'NeverVerifyAllowlistedImages',
      'preloadedImagesVerificationAllowlist can only be set with the policy NeverVerifyAllowlistedImages',
    ],
  ];
  return rules.flatMap(([isFine, words]) => (isFine ? [] : [words]));
}

function shutdown(config: Config): readonly string[] {
  const [whole, critical] = ['shutdownGracePeriod', 'shutdownGracePeriodCriticalPods'].map((name) =>
    milliseconds(config[name]),
  ) as [number, number];
  const byPriority = (config['shutdownGracePeriodByPodPriority'] as readonly unknown[] | undefined) ?? [];
  const isShort = (ms: number) => ms < 0 || (ms > 0 && ms < 1_000);
  return [
    ...(critical > whole ? ['shutdownGracePeriodCriticalPods must be less than or equal to shutdownGracePeriod'] : []),
    ...(isShort(whole) ? ['shutdownGracePeriod must be either zero or otherwise >= 1 sec'] : []),
    ...(isShort(critical) ? ['shutdownGracePeriodCriticalPods must be either zero or otherwise >= 1 sec'] : []),
    ...(byPriority.length > 0 && (whole > 0 || critical > 0)
      ? ['Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time']
      : []),
  ];
}

const reservable = ['cpu', 'memory', 'ephemeral-storage', 'pid'];

/** Quantities, and percents where eviction counts. */
function quantities(config: Config): readonly string[] {
  const isQuantity = (value: unknown) => readQuantity(String(value)) !== undefined;
  const isThreshold = (value: unknown) => /^(100|\d{1,2})(\.\d+)?%$/.test(String(value)) || isQuantity(value);
  const of = (name: string) => Object.entries((config[name] as Config | undefined) ?? {});
  return [
    ...(isQuantity(config['containerLogMaxSize'])
      ? []
      : [`containerLogMaxSize ${config['containerLogMaxSize']} must be a quantity`]),
    ...['systemReserved', 'kubeReserved'].flatMap((name) =>
      of(name).flatMap(([resource, value]) => {
        if (!reservable.includes(resource)) return [`cannot reserve "${resource}" resource in ${name}`];
        return isQuantity(value) ? [] : [`${name}.${resource} ${JSON.stringify(value)} must be a quantity`];
      }),
    ),
    ...of('evictionHard').flatMap(([signal, value]) =>
      isThreshold(value) ? [] : [`evictionHard["${signal}"] ${JSON.stringify(value)} must be a quantity or a percent`],
    ),
  ];
}

const enforceable = [
  ...['none', 'pods', 'system-reserved', 'system-reserved-compressible', 'kube-reserved', 'kube-reserved-compressible'],
];

function allocatable(config: Config): readonly string[] {
  const named = (config['enforceNodeAllocatable'] as readonly string[] | undefined) ?? [];
  const where = 'enforceNodeAllocatable (--enforce-node-allocatable)';
  return [
    ...named
      .filter((one) => !enforceable.includes(one))
      .map((one) => `option ${JSON.stringify(one)} specified for ${where} is not known`),
    ...(named.includes('none') && named.length > 1
      ? [`${where} may not contain additional enforcements when "none" is specified`]
      : []),
    ...(['system', 'kube'] as const).flatMap((who) =>
      named.some((one) => one.startsWith(`${who}-reserved`)) && !config[`${who}ReservedCgroup`]
        ? [
            `${who}ReservedCgroup (--${who}-reserved-cgroup) must be specified when "${who}-reserved" contained in ${where}`,
          ]
        : [],
    ),
  ];
}

function milliseconds(duration: unknown): number {
  return typeof duration === 'string' && duration !== '' ? Number(parseDuration(duration) / 1_000_000n) : 0;
}
