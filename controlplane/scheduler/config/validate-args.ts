// What is wrong with the arguments of a plugin, their types being right. Rule: kube-scheduler validation_pluginargs, in its words.
import type { TopologySpreadConstraint } from '#lib/api/types/core.v1.ts';
import type { ScoringStrategy, ShapePoint, WeightedResource } from '../plugins/fit.ts';

type Args = Readonly<Record<string, unknown>>;

export function wrongArgs(name: string, args: Args, path: string): readonly string[] {
  switch (name) {
    case 'DefaultPreemption':
      return wrongPreemption(args, path);
    case 'InterPodAffinity':
      return within(args['hardPodAffinityWeight'], [0, 100], `${path}.hardPodAffinityWeight`);
    case 'VolumeBinding':
      return wrongBinding(args, path);
    case 'PodTopologySpread':
      return wrongSpread(args, path);
    case 'NodeResourcesFit':
      return wrongStrategy((args['scoringStrategy'] ?? {}) as ScoringStrategy, `${path}.scoringStrategy`);
    case 'NodeResourcesBalancedAllocation':
      return wrongResources((args['resources'] ?? []) as readonly WeightedResource[], `${path}.resources`);
    default:
      return [];
  }
}

function wrongPreemption(args: Args, path: string): readonly string[] {
  const [share, number] = ['minCandidateNodesPercentage', 'minCandidateNodesAbsolute'] as const;
  const least = args[number];
  const at = `${path}.${number}`;
  return [
    ...within(args[share], [0, 100], `${path}.${share}`),
    ...(typeof least === 'number' && least < 0 ? [`${at}: Invalid value: ${least}: not in valid range [0, inf)`] : []),
    ...(args[share] === 0 && least === 0 ? [`${path}: Invalid value: both ${share} and ${number} cannot be zero`] : []),
  ];
}

function wrongBinding(args: Args, path: string): readonly string[] {
  const seconds = args['bindTimeoutSeconds'];
  const shape = args['shape'] as readonly ShapePoint[] | undefined;
  const why = 'invalid BindTimeoutSeconds, should not be a negative value';
  return [
    ...(typeof seconds === 'number' && seconds < 0
      ? [`${path}.bindTimeoutSeconds: Invalid value: ${seconds}: ${why}`]
      : []),
    ...(shape === undefined ? [] : wrongShape(shape, `${path}.shape`)),
  ];
}

function wrongSpread(args: Args, path: string): readonly string[] {
  const type = args['defaultingType'] ?? 'System';
  const constraints = (args['defaultConstraints'] ?? []) as readonly TopologySpreadConstraint[];
  const isUnread = type === 'System' && constraints.length > 0;
  return [
    ...oneOf(type, ['System', 'List'], `${path}.defaultingType`),
    ...(isUnread ? [`${path}.defaultingType: Invalid value: "System": when .defaultConstraints are not empty`] : []),
    ...constraints.flatMap((constraint, i) =>
      wrongConstraint(constraint, i, constraints, `${path}.defaultConstraints`),
    ),
  ];
}

function wrongConstraint(
  { maxSkew, topologyKey, whenUnsatisfiable, labelSelector }: TopologySpreadConstraint,
  i: number,
  all: readonly TopologySpreadConstraint[],
  path: string,
): readonly string[] {
  const at = `${path}[${i}]`;
  const isAgain = all
    .slice(0, i)
    .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
  const why = 'constraint must not define a selector, as they deduced for each pod';
  return [
    ...(maxSkew > 0 ? [] : [`${at}.maxSkew: Invalid value: ${maxSkew}: not in valid range (0, inf)`]),
    ...(topologyKey ? [] : [`${at}.topologyKey: Required value: can not be empty`]),
    ...(whenUnsatisfiable
      ? oneOf(whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway'], `${at}.whenUnsatisfiable`)
      : [`${at}.whenUnsatisfiable: Required value: can not be empty`]),
    ...(labelSelector === undefined ? [] : [`${at}.labelSelector: Forbidden: ${why}`]),
    ...(isAgain ? [`${at}: Duplicate value: "{${topologyKey}, ${whenUnsatisfiable}}"`] : []),
  ];
}

function wrongStrategy({ type, resources = [], requestedToCapacityRatio }: ScoringStrategy, path: string) {
  const known = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'];
  const at = `${path}.requestedToCapacityRatio.shape`;
  return [
    ...(type === undefined ? [] : oneOf(type, known, `${path}.type`)),
    ...wrongResources(resources, `${path}.resources`),
    ...(type === 'RequestedToCapacityRatio' ? wrongShape(requestedToCapacityRatio?.shape ?? [], at) : []),
  ];
}

/** No weight, and 0, stand for 1. */
function wrongResources(resources: readonly WeightedResource[], path: string): readonly string[] {
  return resources.flatMap(({ name, weight = 0 }, i) => {
    if (weight >= 0 && weight <= 100) return [];
    const why = `resource weight of ${name} not in valid range (0, 100]`;
    return [`${path}[${i}].weight: Invalid value: ${weight}: ${why}`];
  });
}

function wrongShape(shape: readonly ShapePoint[], path: string): readonly string[] {
  if (shape.length === 0) return [`${path}: Required value: at least one point must be specified`];
  return shape.flatMap(({ utilization, score }, i) => {
    const at = `${path}[${i}]`;
    const isSorted = i === 0 || shape[i - 1]!.utilization < utilization;
    const why = 'utilization values must be sorted in increasing order';
    return [
      ...within(utilization, [0, 100], `${at}.utilization`),
      ...(isSorted ? [] : [`${at}.utilization: Invalid value: ${utilization}: ${why}`]),
      ...within(score, [0, 10], `${at}.score`),
    ];
  });
}

function within(value: unknown, [least, most]: readonly [number, number], path: string): readonly string[] {
  if (typeof value !== 'number' || (value >= least && value <= most)) return [];
  return [`${path}: Invalid value: ${value}: not in valid range [${least}-${most}]`];
}

function oneOf(value: unknown, names: readonly string[], path: string): readonly string[] {
  if (names.includes(String(value))) return [];
  const shown = names.map((one) => `"${one}"`).join(', ');
  return [`${path}: Unsupported value: "${value}": supported values: ${shown}`];
}
