import type { Plugin } from '../plugin.ts';
import { balancedAllocation } from './balance.ts';
import { nodeDeclaredFeatures } from './declared-features.ts';
import { nodeResourcesFit } from './fit.ts';
import { imageLocality } from './image-locality.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodePorts } from './node-ports.ts';
import { nodeName, nodeUnschedulable, taintToleration } from './node-rules.ts';
import { podTopologySpread } from './topology-spread.ts';

/** Upstream's default plugins that need no more than pods and nodes, in its order and with its weights. */
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
  nodeDeclaredFeatures,
];
