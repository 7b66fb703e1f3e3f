// What a scheduler of a name goes by: which plugins filter and score, with which weights. Pure.
import type { PluginSet, Point, ProfileConfiguration, SchedulerConfiguration } from './config/types.ts';
import type { Plugin } from './plugin.ts';
import { pluginNames } from './plugin-names.ts';
import { createBalancedAllocation } from './plugins/balance.ts';
import { nodeDeclaredFeatures } from './plugins/declared-features.ts';
import { createFit } from './plugins/fit.ts';
import { imageLocality } from './plugins/image-locality.ts';
import { createInterPodAffinity } from './plugins/inter-pod-affinity.ts';
import { createNodeAffinity } from './plugins/node-affinity.ts';
import { nodePorts } from './plugins/node-ports.ts';
import { nodeName, nodeUnschedulable, taintToleration } from './plugins/node-rules.ts';
import { createTopologySpread, type TopologySpreadFacts } from './plugins/topology-spread.ts';
import { createVolumeBinding } from './plugins/volume-binding.ts';
import { createVolumeLimits, type VolumeLimitFacts } from './plugins/volume-limits.ts';
import { createVolumeRestrictions, createVolumeZone } from './plugins/volume-rules.ts';
import type { PreemptOptions } from './preempt.ts';

export interface Profile {
  readonly schedulerName: string;
  readonly plugins: readonly Plugin[];
  readonly percentageOfNodesToScore?: number | undefined;
  /** How long a pod waits for its volumes before it is tried elsewhere. */
  readonly bindTimeoutMs: number;
  /** Undefined: nobody is pushed aside. */
  readonly preemption: Pick<PreemptOptions, 'minCandidateNodesPercentage' | 'minCandidateNodesAbsolute'> | undefined;
}

export interface ProfileFacts {
  readonly volumes: VolumeLimitFacts;
  readonly spread: TopologySpreadFacts;
}

/** The profiles of `configuration`; without one, the default scheduler. */
export function profilesOf(configuration: SchedulerConfiguration, facts: ProfileFacts): readonly Profile[] {
  const profiles = configuration.profiles?.length ? configuration.profiles : [{}];
  return profiles.map((profile) => profileOf(profile, configuration, facts));
}

function profileOf(profile: ProfileConfiguration, configuration: SchedulerConfiguration, facts: ProfileFacts): Profile {
  const { schedulerName = 'default-scheduler', plugins = {}, pluginConfig = [] } = profile;
  const args = new Map(pluginConfig.map((one) => [one.name, one.args ?? {}]));
  const [filters, scores, postFilters] = (['filter', 'score', 'postFilter'] as const).map((point) =>
    enabledAt(point, plugins),
  );
  const all = makePlugins(args, facts);
  const names = [...new Set([...filters!.keys(), ...scores!.keys()])];
  return {
    schedulerName,
    plugins: names.flatMap((name) => {
      const plugin = all.get(name);
      if (plugin === undefined) return []; // it works at other points
      const { filter, score, ...rest } = plugin;
      const isFilter = filter !== undefined && filters!.has(name);
      const weight = score === undefined ? undefined : scores!.get(name);
      return [{ ...rest, ...(isFilter ? { filter } : {}), ...(weight === undefined ? {} : { score, weight }) }];
    }),
    percentageOfNodesToScore: profile.percentageOfNodesToScore ?? configuration.percentageOfNodesToScore,
    bindTimeoutMs: Number(args.get('VolumeBinding')?.['bindTimeoutSeconds'] ?? 600) * 1000,
    preemption: postFilters!.has('DefaultPreemption') ? (args.get('DefaultPreemption') ?? {}) : undefined,
  };
}

/** What is enabled at a point, with its weight: what is so everywhere, changed by what is said about the point. */
function enabledAt(point: Point, sets: NonNullable<ProfileConfiguration['plugins']>): ReadonlyMap<string, number> {
  return changed(changed(pluginNames, sets.multiPoint), sets[point]);
}

function changed(before: ReadonlyMap<string, number>, { enabled = [], disabled = [] }: PluginSet = {}) {
  const isOut = (name: string) => disabled.some((one) => one.name === name || one.name === '*');
  const result = new Map([...before].filter(([name]) => !isOut(name)));
  for (const { name, weight } of enabled) result.set(name, weight || pluginNames.get(name) || 1);
  return result;
}

function makePlugins(
  args: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
  { volumes, spread }: ProfileFacts,
): ReadonlyMap<string, Plugin> {
  const all: readonly Plugin[] = [
    nodeUnschedulable,
    nodeName,
    taintToleration,
    createNodeAffinity(args.get('NodeAffinity')),
    nodePorts,
    createFit(args.get('NodeResourcesFit')),
    createVolumeRestrictions(volumes),
    createVolumeLimits(volumes),
    createVolumeBinding(volumes, args.get('VolumeBinding')),
    createVolumeZone(volumes),
    createTopologySpread(args.get('PodTopologySpread'), spread),
    createInterPodAffinity(args.get('InterPodAffinity')),
    createBalancedAllocation(args.get('NodeResourcesBalancedAllocation')),
    imageLocality,
    nodeDeclaredFeatures,
  ];
  return new Map(all.map((plugin) => [plugin.name, plugin]));
}
