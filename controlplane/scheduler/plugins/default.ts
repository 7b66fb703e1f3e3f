import type { Plugin } from '../plugin.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodePorts } from './node-ports.ts';
import { nodeName, nodeUnschedulable, taintToleration } from './node-rules.ts';
import { balancedAllocation, imageLocality, nodeResourcesFit } from './resources.ts';
import { podTopologySpread } from './topology-spread.ts';

/** Upstream's default plugins, in its order and with its weights, as far as they exist here. */
export const defaultPlugins: readonly Plugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  podTopologySpread,
  interPodAffinity,
  balancedAllocation,
  imageLocality,
];
