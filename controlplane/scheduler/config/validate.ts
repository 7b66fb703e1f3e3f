// Rule: kube-scheduler apis/config/validation, in its words.
import { pluginNames } from '../plugin-names.ts';
import { mistakesIn } from './shape.ts';
import {
  argsShapes,
  configurationShape,
  type Point,
  type ProfileConfiguration,
  points,
  type SchedulerConfiguration,
} from './types.ts';
import { wrongArgs } from './validate-args.ts';

/** What is wrong with a document that says it is a KubeSchedulerConfiguration; nothing if it may be used. */
export function mistakesOfConfiguration(document: unknown): readonly string[] {
  const { apiVersion, kind } = (document ?? {}) as { readonly apiVersion?: unknown; readonly kind?: unknown };
  if (apiVersion !== 'kubescheduler.config.k8s.io/v1' || kind !== 'KubeSchedulerConfiguration') {
    return [`no kind "${kind}" is registered for version "${apiVersion}"`];
  }
  const strict = mistakesIn(document, configurationShape);
  return strict.length > 0 ? strict : mistakesOf(document as SchedulerConfiguration);
}

function mistakesOf(configuration: SchedulerConfiguration): readonly string[] {
  const { profiles = [], extenders = [], percentageOfNodesToScore, parallelism } = configuration;
  const { podInitialBackoffSeconds = 1, podMaxBackoffSeconds = 10 } = configuration;
  const names = profiles.map(({ schedulerName }) => schedulerName);
  return [
    ...(parallelism !== undefined && parallelism <= 0
      ? [`parallelism: Invalid value: ${parallelism}: should be an integer value greater than zero`]
      : []),
    ...wrongPercentage(percentageOfNodesToScore, ''),
    ...(podInitialBackoffSeconds <= 0
      ? [`podInitialBackoffSeconds: Invalid value: ${podInitialBackoffSeconds}: must be greater than 0`]
      : []),
    ...(podMaxBackoffSeconds < podInitialBackoffSeconds
      ? [
          `podMaxBackoffSeconds: Invalid value: ${podMaxBackoffSeconds}: must be greater than or equal to PodInitialBackoffSeconds`,
        ]
      : []),
    ...(extenders.length > 0 ? ['extenders: Forbidden: extenders are not called here'] : []),
    ...profiles.flatMap((profile, i) => mistakesOfProfile(profile, `profiles[${i}]`, profiles.length > 1)),
    ...names.flatMap((name, i) =>
      name !== undefined && names.indexOf(name) < i ? [`profiles[${i}].schedulerName: Duplicate value: "${name}"`] : [],
    ),
  ];
}

function mistakesOfProfile(profile: ProfileConfiguration, path: string, isOneOfMany: boolean): readonly string[] {
  const { schedulerName, percentageOfNodesToScore, plugins = {}, pluginConfig = [] } = profile;
  return [
    ...(isOneOfMany && !schedulerName ? [`${path}.schedulerName: Required value`] : []),
    ...wrongPercentage(percentageOfNodesToScore, `${path}.`),
    ...points.flatMap((point) => wrongNames(plugins, point, `${path}.plugins.${point}`)),
    ...pluginConfig.flatMap(({ name, args }, i) => {
      const at = `${path}.pluginConfig[${i}]`;
      if (pluginConfig.findIndex((other) => other.name === name) < i) return [`${at}: Duplicate value: "${name}"`];
      if (!pluginNames.has(name)) return [`${at}.name: Invalid value: "${name}": no such plugin`];
      const shape = argsShapes[name];
      if (shape === undefined) return args === undefined ? [] : [`${at}.args: Forbidden: ${name} takes none`];
      const strict = mistakesIn(args, shape, `${at}.args`);
      return strict.length > 0 ? strict : wrongArgs(name, args ?? {}, `${at}.args`);
    }),
  ];
}

function wrongNames(plugins: NonNullable<ProfileConfiguration['plugins']>, point: Point, path: string) {
  const { enabled = [], disabled = [] } = plugins[point] ?? {};
  const check = (list: readonly { readonly name: string }[], part: string) =>
    list.flatMap(({ name }, i) => {
      const isKnown = pluginNames.has(name) || (part === 'disabled' && (name === '*' || absent.has(name)));
      return isKnown ? [] : [`${path}.${part}[${i}].name: Invalid value: "${name}": no such plugin`];
    });
  return [...check(enabled, 'enabled'), ...check(disabled, 'disabled')];
}

/** Upstream's, too, but never run here: to disable them is no mistake. */
const absent: ReadonlySet<string> = new Set(['DynamicResources', 'GangScheduling']);

function wrongPercentage(value: number | undefined, path: string): readonly string[] {
  if (value === undefined || (value >= 0 && value <= 100)) return [];
  return [`${path}percentageOfNodesToScore: Invalid value: ${value}: not in valid range [0-100]`];
}
