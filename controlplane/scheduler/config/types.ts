// The parts of kubescheduler.config.k8s.io/v1 that mean something here, and the whole of what may stand in the document.
import type { Shape } from './shape.ts';

export interface SchedulerConfiguration {
  readonly percentageOfNodesToScore?: number;
  readonly podInitialBackoffSeconds?: number;
  readonly podMaxBackoffSeconds?: number;
  readonly parallelism?: number;
  readonly profiles?: readonly ProfileConfiguration[];
  readonly extenders?: readonly unknown[];
}

export interface ProfileConfiguration {
  readonly schedulerName?: string;
  readonly percentageOfNodesToScore?: number;
  readonly plugins?: Readonly<Partial<Record<Point, PluginSet>>>;
  readonly pluginConfig?: readonly { readonly name: string; readonly args?: Readonly<Record<string, unknown>> }[];
}

export interface PluginSet {
  readonly enabled?: readonly { readonly name: string; readonly weight?: number }[];
  /** `*`: all that are there by default. */
  readonly disabled?: readonly { readonly name: string }[];
}

export const points = [
  'multiPoint',
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const;
export type Point = (typeof points)[number];

const plugin: Shape = { fields: { name: 'string', weight: 'number' } };
const pluginSet: Shape = { fields: { enabled: { list: plugin }, disabled: { list: plugin } } };
const typed = { apiVersion: 'string', kind: 'string' } as const;

const profile: Shape = {
  fields: {
    schedulerName: 'string',
    percentageOfNodesToScore: 'number',
    plugins: { fields: Object.fromEntries(points.map((point) => [point, pluginSet])) },
    pluginConfig: { list: { fields: { name: 'string', args: 'any' } } },
  },
};

export const configurationShape: Shape = {
  fields: {
    ...typed,
    parallelism: 'number',
    percentageOfNodesToScore: 'number',
    podInitialBackoffSeconds: 'number',
    podMaxBackoffSeconds: 'number',
    enableProfiling: 'boolean',
    enableContentionProfiling: 'boolean',
    delayCacheUntilActive: 'boolean',
    leaderElection: {
      fields: {
        leaderElect: 'boolean',
        leaseDuration: 'duration',
        renewDeadline: 'duration',
        retryPeriod: 'duration',
        resourceLock: 'string',
        resourceName: 'string',
        resourceNamespace: 'string',
      },
    },
    clientConnection: {
      fields: {
        kubeconfig: 'string',
        acceptContentTypes: 'string',
        contentType: 'string',
        qps: 'number',
        burst: 'number',
      },
    },
    profiles: { list: profile },
    extenders: { list: 'any' },
  },
};

const resource: Shape = { fields: { name: 'string', weight: 'number' } };
const shapePoint: Shape = { fields: { utilization: 'number', score: 'number' } };

/** What `args` of each plugin may say. */
export const argsShapes: Readonly<Record<string, Shape>> = {
  DefaultPreemption: {
    fields: { ...typed, minCandidateNodesPercentage: 'number', minCandidateNodesAbsolute: 'number' },
  },
  InterPodAffinity: {
    fields: { ...typed, hardPodAffinityWeight: 'number', ignorePreferredTermsOfExistingPods: 'boolean' },
  },
  NodeAffinity: { fields: { ...typed, addedAffinity: 'any' } },
  NodeResourcesBalancedAllocation: { fields: { ...typed, resources: { list: resource } } },
  NodeResourcesFit: {
    fields: {
      ...typed,
      ignoredResources: { list: 'string' },
      ignoredResourceGroups: { list: 'string' },
      scoringStrategy: {
        fields: {
          type: 'string',
          resources: { list: resource },
          requestedToCapacityRatio: { fields: { shape: { list: shapePoint } } },
        },
      },
    },
  },
  PodTopologySpread: { fields: { ...typed, defaultConstraints: { list: 'any' }, defaultingType: 'string' } },
  VolumeBinding: { fields: { ...typed, bindTimeoutSeconds: 'number', shape: { list: shapePoint } } },
};
